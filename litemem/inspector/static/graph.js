// Moves the names of the picture apart with d3-force, once; then it stands still.
"use strict";

const picture = document.querySelector("[data-graph]");
if (picture) {
  const { width, height } = picture.viewBox.baseVal;
  const nodes = [...picture.querySelectorAll(".node")].map((element) => ({
    element, x: Number(element.dataset.x), y: Number(element.dataset.y),
  }));
  const links = [...picture.querySelectorAll(".edge")].map((element) => ({
    element, source: Number(element.dataset.source), target: Number(element.dataset.target),
  }));
  const room = Math.min(Math.max(30 / nodes.length, 1), 2.2); // for few names
  d3.forceSimulation(nodes)
    .force("link", d3.forceLink(links).distance(100 * room))
    .force("charge", d3.forceManyBody().strength(-260 * room).distanceMax(420 * room))
    .force("x", d3.forceX(width / 2).strength(0.03))
    .force("y", d3.forceY(height / 2).strength(0.08))
    .force("collide", d3.forceCollide(34))
    .stop()
    .tick(300);
  const within = (value, most, margin) => Math.min(Math.max(value, margin), most - margin);
  for (const node of nodes) {
    node.x = within(node.x, width, 60);
    node.y = within(node.y, height, 30);
    node.element.setAttribute("transform", `translate(${node.x} ${node.y})`);
  }
  for (const { element, source, target } of links) {
    const [line, text] = element.children;
    line.setAttribute("x1", source.x); line.setAttribute("y1", source.y);
    line.setAttribute("x2", target.x); line.setAttribute("y2", target.y);
    text.setAttribute("x", (source.x + target.x) / 2); text.setAttribute("y", (source.y + target.y) / 2);
    for (const node of [source, target]) {
      for (const [name, is] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]]) {
        node.element.addEventListener(name, () => element.classList.toggle("is-near", is));
      }
    }
  }
}
