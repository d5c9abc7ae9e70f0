// Moves the names of the picture apart with d3-force, once; then it stands still.
"use strict";

const picture = document.querySelector("[data-graph]");
if (picture) {
  // a unit is a pixel, so that names are as large as other text in a narrow window, too
  const width = picture.clientWidth, height = picture.clientHeight;
  const { width: drawnWidth, height: drawnHeight } = picture.viewBox.baseVal;
  picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const nodes = [...picture.querySelectorAll(".node")].map((element) => ({
    element,
    x: (Number(element.dataset.x) * width) / drawnWidth,
    y: (Number(element.dataset.y) * height) / drawnHeight,
  }));
  const links = [...picture.querySelectorAll(".edge")].map((element) => ({
    element, source: Number(element.dataset.source), target: Number(element.dataset.target),
  }));
  const room = Math.min(Math.max(30 / nodes.length, 1), 2.2) * Math.min(width / 700, 1); // for few names
  d3.forceSimulation(nodes)
    .force("link", d3.forceLink(links).distance(100 * room))
    .force("charge", d3.forceManyBody().strength(-260 * room).distanceMax(420 * room))
    .force("x", d3.forceX(width / 2).strength(0.03))
    .force("y", d3.forceY(height / 2).strength(0.08))
    .force("collide", d3.forceCollide(34 * Math.min(width / 700, 1)))
    .stop()
    .tick(300);

  /** Stretches one coordinate over the picture, so that no corner of it is left empty. */
  const spread = (name, size, before, behind) => {
    const values = nodes.map((node) => node[name]);
    const least = Math.min(...values), most = Math.max(...values);
    const stretch = Math.min((size - before - behind) / Math.max(most - least, 1), 1.8);
    const middle = before + (size - before - behind) / 2;
    for (const node of nodes) node[name] = middle + (node[name] - (least + most) / 2) * stretch;
  };
  spread("x", width, 40, 40);
  spread("y", height, 44, 28);
  for (const node of nodes) {
    const half = node.element.querySelector("text").getComputedTextLength() / 2;
    node.element.classList.toggle("at-start", node.x < half + 8);
    node.element.classList.toggle("at-end", node.x > width - half - 8);
    node.element.setAttribute("transform", `translate(${node.x} ${node.y})`);
  }
  const between = new Map(); // how many relations two names have had so far: their texts are below each other
  for (const { element, source, target } of links) {
    const [line, text] = element.children;
    const pair = [source.index, target.index].sort().join();
    const before = between.get(pair) ?? 0;
    between.set(pair, before + 1);
    line.setAttribute("x1", source.x); line.setAttribute("y1", source.y);
    line.setAttribute("x2", target.x); line.setAttribute("y2", target.y);
    text.setAttribute("x", (source.x + target.x) / 2);
    text.setAttribute("y", (source.y + target.y) / 2 + 13 * before);
    for (const node of [source, target]) {
      for (const [name, is] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]]) {
        node.element.addEventListener(name, () => element.classList.toggle("is-near", is));
      }
    }
  }
}
