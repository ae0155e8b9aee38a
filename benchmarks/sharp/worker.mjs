// Serves benchmarks/operations.py: reads lines {"operation", "file"}, answers {"cpu", "bytes"} in milliseconds of CPU.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import sharp from 'sharp';

sharp.cache(false);
sharp.concurrency(1);

const WIDTH = 720;
const HEIGHT = 588;
const small = (data) => sharp(data).resize(WIDTH, HEIGHT);

// The operations of sharp's own test/bench/perf.js, as they stand there.
const OPERATIONS = {
  'jpeg': (data) => small(data),
  'sharpen-mild': (data) => small(data).sharpen(),
  'sharpen-radius': (data) => small(data).sharpen({ sigma: 3, m1: 1, m2: 3 }),
  'blur-mild': (data) => small(data).blur(),
  'blur-radius': (data) => small(data).blur(3),
  'gamma': (data) => small(data).gamma(),
  'normalise': (data) => small(data).normalise(),
  'greyscale': (data) => small(data).greyscale(),
  'greyscale-gamma': (data) => small(data).gamma().greyscale(),
  'progressive': (data) => small(data).jpeg({ progressive: true }),
  'rotate': (data) => sharp(data).rotate(90).resize(WIDTH, HEIGHT),
  'crop-entropy': (data) => sharp(data).resize(WIDTH, HEIGHT, { fit: 'cover', position: sharp.strategy.entropy }),
  'crop-attention': (data) => sharp(data).resize(WIDTH, HEIGHT, { fit: 'cover', position: sharp.strategy.attention }),
  'png': (data) => sharp(data).resize(WIDTH, 540).png({ compressionLevel: 6 }),
  'png-progressive': (data) => sharp(data).resize(WIDTH, 540).png({ compressionLevel: 6, progressive: true }),
  'png-compressionLevel=9': (data) => sharp(data).resize(WIDTH, 540).png({ compressionLevel: 9 }),
  'webp': (data) => small(data).webp()
};

const files = new Map();
console.log(JSON.stringify({ ready: sharp.versions.sharp, libvips: sharp.versions.vips, operations: Object.keys(OPERATIONS) }));
for await (const line of createInterface({ input: process.stdin })) {
  const { operation, file } = JSON.parse(line);
  if (!files.has(file)) files.set(file, readFileSync(file));
  const before = process.cpuUsage();
  const made = await OPERATIONS[operation](files.get(file)).toBuffer();
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ cpu: (user + system) / 1000, bytes: made.length }));
}
