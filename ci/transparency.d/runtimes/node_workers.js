/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: Node.js's workers, their shared memory, Atomics, messages, thread pool and garbage collection work as natively. */
"use strict";
const { Worker, isMainThread, workerData, parentPort, MessageChannel } = require("worker_threads");
const crypto = require("crypto");
const zlib = require("zlib");
const fs = require("fs");

const EFFORT = Number(process.env.EFFORT || 1);
const WORKERS = 4;
const SIDE = 512;
const scaled = (count) => 1 + Math.floor((count - 1) * EFFORT);

function check(holds, what) {
  if (!holds) throw new Error(`does not hold: ${what}`);
}

/* Computes until the thread has been moved. */
function settle() {
  const until = performance.now() + Number(process.env.SETTLE_MS || 0);
  for (let sum = 0; performance.now() < until; ) for (let i = 0; i < 1000; i++) sum += i;
}

function mix(value) {
  value = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  value = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  return (value ^ (value >>> 16)) >>> 0;
}

/* A mutex on one word, after Drepper: 0 free, 1 held, 2 held and waited for. */
function lock(words, at) {
  let was = Atomics.compareExchange(words, at, 0, 1);
  while (was !== 0) {
    if (was === 2 || Atomics.compareExchange(words, at, 1, 2) !== 0) Atomics.wait(words, at, 2);
    was = Atomics.compareExchange(words, at, 0, 2);
  }
}

function unlock(words, at) {
  if (Atomics.sub(words, at, 1) !== 1) {
    Atomics.store(words, at, 0);
    Atomics.notify(words, at, 1);
  }
}

/* All have come when it returns, and what each had written before is seen by all. */
function barrier(words, count, phase) {
  const now = Atomics.load(words, phase);
  if (Atomics.add(words, count, 1) === WORKERS - 1) {
    Atomics.store(words, count, 0);
    Atomics.add(words, phase, 1);
    Atomics.notify(words, phase);
  } else while (Atomics.load(words, phase) === now) Atomics.wait(words, phase, now);
}

/* Words of the shared buffer, each on a cache line of its own. */
const MUTEX = 0;
const COUNT = 16;
const PHASE = 32;
const TURN = 48;
const PLAIN = 64;
const SUM = 80;
const GRIDS = 1024;

function worker() {
  const { me, buffer, port } = workerData;
  const words = new Int32Array(buffer);
  settle();

  for (let i = 0; i < scaled(2000); i++) {
    lock(words, MUTEX);
    words[PLAIN]++;
    unlock(words, MUTEX);
    Atomics.add(words, SUM, mix(i) & 1023);
  }
  for (let i = 0; i < scaled(200); i++) {
    for (let now; (now = Atomics.load(words, TURN)) % WORKERS !== me; ) Atomics.wait(words, TURN, now);
    Atomics.add(words, TURN, 1);
    Atomics.notify(words, TURN);
  }
  /* Each step reads the neighbours' rows of the last one. */
  const grids = [0, 1].map((k) => new Uint32Array(buffer, 4 * (GRIDS + k * SIDE * SIDE), SIDE * SIDE));
  const rows = SIDE / WORKERS;
  for (let y = me * rows; y < (me + 1) * rows; y++) for (let x = 0; x < SIDE; x++) grids[0][y * SIDE + x] = mix(y * SIDE + x);
  barrier(words, COUNT, PHASE);
  for (let step = 0; step < scaled(20); step++) {
    const [from, to] = step & 1 ? [grids[1], grids[0]] : grids;
    for (let y = me * rows; y < (me + 1) * rows; y++)
      for (let x = 0; x < SIDE; x++)
        to[y * SIDE + x] = mix(
          from[y * SIDE + x] + from[((y + 1) % SIDE) * SIDE + x] + from[((y + SIDE - 1) % SIDE) * SIDE + x] + from[y * SIDE + ((x + 1) % SIDE)],
        );
    barrier(words, COUNT, PHASE);
  }
  /* Garbage of an isolate of its own: short-lived objects, maps that are kept, strings that are ropes. */
  const kept = new Map();
  let text = "";
  for (let i = 0; i < scaled(150000); i++) {
    const node = { key: mix(i * WORKERS + me), list: [i, i + 1, { deep: [i] }] };
    if (i % 7 === 0) kept.set(node.key % 5000, node);
    if (i % 100 === 0) text += String(node.key);
  }
  let sum = text.length;
  for (const [key, node] of kept) sum = (sum + key * node.list[2].deep[0]) % 4294967296;
  /* WebAssembly: compiled by threads of the engine, run here. (func (param i32) (result i32): the sum of 0 … n-1) */
  const code = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 115, 117, 109, 0, 0, 10, 37, 1, 35, 1, 2, 127, 2, 64, 3, 64, 32, 1,
    32, 0, 79, 13, 1, 32, 2, 32, 1, 106, 33, 2, 32, 1, 65, 1, 106, 33, 1, 12, 0, 11, 11, 32, 2, 11,
  ]);
  const wasm = new WebAssembly.Instance(new WebAssembly.Module(code)).exports.sum(2000000);
  port.on("message", (message) => {
    if (message === null) port.close();
    else port.postMessage(message.map((number) => mix(number + me)));
  });
  parentPort.postMessage({ me, sum, wasm });
}

/* Messages with what they carry copied, moved and shared. */
function messages(port) {
  return new Promise((resolve) => {
    let numbers = [1, 2, 3];
    let left = scaled(200);
    port.on("message", (message) => {
      numbers = message;
      if (--left) port.postMessage(numbers);
      else {
        port.postMessage(null);
        resolve(numbers.join(" "));
      }
    });
    port.postMessage(numbers);
  });
}

/* The thread pool of libuv. */
async function pool() {
  const work = [];
  for (let i = 0; i < scaled(12); i++) {
    work.push(new Promise((resolve) => crypto.pbkdf2("password", `salt ${i}`, 3000, 32, "sha256", (_, key) => resolve(key.toString("hex")))));
    const block = Buffer.alloc(200000, `block ${i} `);
    work.push(
      new Promise((resolve) =>
        zlib.deflate(block, (_, packed) => zlib.inflate(packed, (_, back) => resolve(back.equals(block) ? packed.length : "differs"))),
      ),
    );
    work.push(fs.promises.writeFile(`file ${i}`, block).then(async () => (await fs.promises.readFile(`file ${i}`)).equals(block)));
  }
  const all = await Promise.all(work);
  return crypto.createHash("sha256").update(all.join("\n")).digest("hex");
}

async function main() {
  const buffer = new SharedArrayBuffer(4 * (GRIDS + 2 * SIDE * SIDE));
  const words = new Int32Array(buffer);
  const channels = [];
  const workers = [];
  for (let me = 0; me < WORKERS; me++) {
    const channel = new MessageChannel();
    channels.push(channel.port1);
    const made = new Worker(__filename, { workerData: { me, buffer, port: channel.port2 }, transferList: [channel.port2] });
    workers.push(new Promise((resolve, reject) => made.on("message", resolve).on("error", reject)));
  }
  const pooled = pool();
  const results = await Promise.all(workers);
  check(words[PLAIN] === WORKERS * scaled(2000), "what is counted under the mutex is whole");
  const grid = new Uint8Array(buffer, 4 * GRIDS, 8 * SIDE * SIDE);
  console.log("shared", words[PLAIN], words[SUM], words[TURN], crypto.createHash("sha256").update(grid).digest("hex"));
  for (const { me, sum, wasm } of results) console.log("worker", me, sum, wasm);
  console.log("messages", (await Promise.all(channels.map(messages))).join(", "));
  console.log("pool", await pooled);
}

if (isMainThread) main();
else worker();
