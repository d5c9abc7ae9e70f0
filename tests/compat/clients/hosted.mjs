// Runs Mem0's own client for Node against a server, call by call: node hosted.mjs HOST TOKEN.
// It runs in a folder that has the package mem0ai; it ends with 0 if every call answered.
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

const client = new MemoryClient({ apiKey: token, host });
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
const page = await client.getAll({ filters, page: 1, pageSize: 1 });
assert.equal(page.count, 1);
assert.equal((await client.get(id)).userId, user);
await client.update(id, { text: "I like black tea.", expirationDate: "2099-01-01" });
await client.update(id, { expirationDate: null });
assert.equal((await client.get(id)).memory, "I like black tea.");
assert.deepEqual((await client.history(id)).map((each) => each.event), ["ADD", "UPDATE", "UPDATE"]);
await client.feedback({ memoryId: id, feedback: "POSITIVE" });
assert.ok((await client.users()).results.some((each) => each.name === user));
await client.batchUpdate([{ memoryId: id, text: "I like white tea." }]);
const made = await client.createMemoryExport({ schema: {}, filters });
const fetched = await client.getMemoryExport({ memoryExportId: made.id });
assert.equal(fetched.memories[0].memory, "I like white tea.");
await client.updateProject({ customInstructions: "Keep names." });
const fields = ["customInstructions"];
assert.equal((await client.getProject({ fields })).customInstructions, "Keep names.");

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
console.log("every call of the client answered as expected");
