// Runs Mem0's own client for Node against a server, call by call: node hosted.mjs HOST TOKEN.
// It runs in a folder that has the package mem0ai; it ends with 0 if every public method of the client was called, and
// answered or said that only the hosted service has it. The user "linked" has two memories, of which one superseded the other.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [host, token, folder] = process.argv.slice(2);
const found = createRequire(pathToFileURL(`${folder}/`)).resolve("mem0ai");
const { MemoryClient, MemoryNotFoundError, ValidationError, AuthenticationError } =
  await import(pathToFileURL(found));
const project = "/home/cam/a project/ü?#%2F"; // an app is the folder of a project
const user = "ÿ/cam";

console.error = () => {}; // the client reports the refusals that are meant
const stranger = new MemoryClient({ apiKey: "a token of yesterday", host });
await assert.rejects(stranger.get("x"), AuthenticationError);

const called = new Set();
const client = new Proxy(new MemoryClient({ apiKey: token, host }), {
  get(target, name) {
    called.add(name);
    return typeof target[name] === "function" ? target[name].bind(target) : target[name];
  },
});
const isHostedOnly = (answer) => assert.rejects(answer, /hosted service only/);
await client.ping();
const options = { userId: user, infer: false, metadata: { someKey: 1 } };
const added = await client.add([{ role: "user", content: "I like tea." }], options);
const id = added.results[0].id;
const queued = await client.add([{ role: "user", content: "I moved to Oslo." }], { userId: "ana" });
assert.equal(queued.status, "PENDING");

const filters = { user_id: user };
const search = await client.search("tea", { filters, topK: 1 });
assert.equal(search.results[0].memory, "I like tea.");
assert.deepEqual(search.results[0].metadata, { someKey: 1 });
const all = { topK: 5, threshold: 0.1, rerank: false, latestOnly: true, showExpired: true, keywordSearch: true };
const sent = { ...all, fields: ["memory"], metadata: { someKey: 1 }, referenceDate: "2026-01-01", source: "OPENCLAW" };
assert.deepEqual((await client.search("tea", { filters, ...sent })).results, [{ id, memory: "I like tea." }]);
const days = { startDate: "2020-01-01", endDate: "2099-01-01", latestOnly: false, showExpired: true };
const page = await client.getAll({ filters, page: 1, pageSize: 1, ...days });
assert.equal(page.count, 1);
assert.equal((await client.get(id)).userId, user);
await client.update(id, { text: "I like black tea.", expirationDate: "2099-01-01" });
await client.update(id, { expirationDate: null });
assert.equal((await client.get(id)).memory, "I like black tea.");
assert.deepEqual((await client.history(id)).map((each) => each.event), ["ADD", "UPDATE", "UPDATE"]);
await client.feedback({ memoryId: id, feedback: "POSITIVE" });
assert.ok((await client.users()).results.some((each) => each.name === user));
const second = await client.users({ page: 2, pageSize: 1 });
assert.deepEqual([second.results.length, second.next], [1, second.count > 2 ? "?page=3&page_size=1" : null]);
assert.equal(second.previous, "?page=1&page_size=1");
assert.deepEqual((await client.users({ page: 99, pageSize: 1 })).results, []);
await client.batchUpdate([{ memoryId: id, text: "I like white tea." }]);
const made = await client.createMemoryExport({ schema: {}, filters });
const fetched = await client.getMemoryExport({ memoryExportId: made.id });
assert.equal(fetched.memories[0].memory, "I like white tea.");
await client.updateProject({ customInstructions: "Keep names." });
const fields = ["customInstructions"];
assert.equal((await client.getProject({ fields })).customInstructions, "Keep names.");

const linked = { filters: { user_id: "linked" }, latestOnly: false };
assert.equal((await client.getAll(linked)).count, 2);
const newer = (await client.getAll({ filters: linked.filters })).results[0];
await client.delete(newer.id, { deleteLinked: true });
assert.equal((await client.getAll(linked)).count, 0);
await client.add([{ role: "user", content: "x" }], { userId: "7", infer: false });
await client.deleteUser({ entity_id: 7, entity_type: "user" });
assert.equal((await client.getAll({ filters: { user_id: "7" } })).count, 0);

const hook = { name: "h", url: "http://127.0.0.1/", eventTypes: ["memory_add"] };
await isHostedOnly(client.getWebhooks({ projectId: "local" }));
await isHostedOnly(client.createWebhook(hook));
await isHostedOnly(client.updateWebhook({ webhookId: "1", ...hook }));
await isHostedOnly(client.deleteWebhook({ webhookId: "1" }));
await isHostedOnly(client.getProfile({ entityId: "ana" }));
await isHostedOnly(client.generateProfile({ entityId: "ana" }));
await isHostedOnly(client.getProfileSettings());
await isHostedOnly(client.updateProfileSettings({ enabled: true }));
await isHostedOnly(client.sampleProfiles({ limit: 1 }));
await isHostedOnly(client.getProfileJob("job"));

await assert.rejects(client.get("no/such"), MemoryNotFoundError);
await assert.rejects(client.deleteAll({}), ValidationError);
await assert.rejects(client.deleteAll({ filters }), ValidationError); // it sends [object Object]
assert.equal((await client.getAll({ filters })).count, 1);
await client.batchDelete([id]);
const kept = await client.add([{ role: "user", content: "x" }], { userId: user, infer: false });
await client.delete(kept.results[0].id);
await client.add([{ role: "user", content: "x" }], { userId: user, appId: project, infer: false });
await client.deleteUsers({ appId: project });
assert.equal((await client.getAll({ filters: { app_id: project } })).count, 0);
await client.deleteAll({ userId: "ana" });
await client.add([{ role: "user", content: "x" }], { userId: user, infer: false });
await client.deleteAll({ userId: user });
assert.equal((await client.getAll({ filters })).count, 0);
const methods = Object.getOwnPropertyNames(MemoryClient.prototype).filter((name) => !/^_|^constructor$/.test(name));
assert.deepEqual(methods.filter((name) => !called.has(name)), []);
console.log("every call of the client answered as expected");
