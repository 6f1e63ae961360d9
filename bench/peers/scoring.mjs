// What one would pick instead, and a floor for the limit: ONNX Runtime's own Node package, with sharp (libvips, libjpeg-turbo)
// for the JPEGs. `node scoring.mjs MODEL.onnx SCANS SIDE CHANNELS`; every line on stdin, {"threads", "workers", "batch",
// "seconds"}, is answered with {"scansPerSecond"}. The packages are looked for in
// $SCANSTREAM_NODE_MODULES: npm install --prefix DIR onnxruntime-node sharp.
import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const require = createRequire(join(process.env.SCANSTREAM_NODE_MODULES ?? process.cwd(), 'x.js'));
const ort = require('onnxruntime-node');
const sharp = require('sharp');

const [onnx, folder, side, channels] = [process.argv[2], process.argv[3], Number(process.argv[4]), Number(process.argv[5])];
const scans = readdirSync(folder).sort().map(file => readFileSync(join(folder, file)));
const size = side * side * channels;
const sessions = new Map();
sharp.concurrency(1);

async function session(threads) {
  if (!sessions.has(threads)) {
    sessions.set(threads, await ort.InferenceSession.create(onnx, { intraOpNumThreads: threads, interOpNumThreads: 1 }));
  }
  return sessions.get(threads);
}

async function decode(scan) {
  let image = sharp(scan).resize(side, side, { fit: 'fill', kernel: 'linear' });
  if (channels === 1) image = image.greyscale();
  return image.raw().toBuffer();
}

async function worker(on, first, question, until, count) {
  const data = new Uint8Array(question.batch * size);
  for (let next = first; performance.now() < until; next += question.batch) {
    const pixels = await Promise.all(
      Array.from({ length: question.batch }, (_, i) => decode(scans[(next + i) % scans.length])));
    pixels.forEach((one, i) => data.set(one, i * size));
    await on.run({ scan: new ort.Tensor('uint8', data, [question.batch, side, side, channels]) }, ['probabilities']);
    count.scored += question.batch;
  }
}

async function measure(question) {
  const on = await session(question.threads);
  const count = { scored: 0 };
  const begun = performance.now();
  const until = begun + question.seconds * 1000;
  await Promise.all(Array.from({ length: question.workers }, (_, i) => worker(on, i * question.batch, question, until, count)));
  return { scansPerSecond: count.scored / (performance.now() - begun) * 1000 };
}

await measure({ threads: 1, workers: 2, batch: 1, seconds: 2 });
console.log(JSON.stringify({ name: `onnxruntime-node ${require('onnxruntime-node/package.json').version}, sharp ${sharp.versions.sharp}` }));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await measure(JSON.parse(line))));
}
