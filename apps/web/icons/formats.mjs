import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/**
 * PNG header fields: bits of a channel, colour type RGBA, and the only methods of compression, filter and interlacing.
 */
const RGBA_HEADER = [8, 6, 0, 0, 0];

/** Returns a square PNG file of RGBA bytes. */
export function toPng(pixels, size) {
  const header = Buffer.from([0, 0, 0, size, 0, 0, 0, size, ...RGBA_HEADER]);
  // The filter byte before each row is 0: the row is not filtered.
  const rows = Array.from({ length: size }, (_, y) => [0, ...pixels.subarray(y * size * 4, (y + 1) * size * 4)]);
  const data = deflateSync(Buffer.from(rows.flat()), { level: 9 });
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type, data) {
  const content = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([uint32(data.length), content, uint32(crc32(content))]);
}

const uint32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const [DIRECTORY_BYTES, ENTRY_BYTES] = [6, 16];

/** Returns an ICO file of PNG files, each with its size in pixels. */
export function toIco(images) {
  const directory = Buffer.alloc(DIRECTORY_BYTES + ENTRY_BYTES * images.length);
  directory.writeUInt16LE(1, 2);
  directory.writeUInt16LE(images.length, 4);
  let offset = directory.length;
  images.forEach(({ size, png }, i) => {
    const entry = DIRECTORY_BYTES + ENTRY_BYTES * i;
    directory.set([size, size, 0, 0, 1, 0, 32, 0], entry);
    directory.writeUInt32LE(png.length, entry + 8);
    directory.writeUInt32LE(offset, entry + 12);
    offset += png.length;
  });
  return Buffer.concat([directory, ...images.map(({ png }) => png)]);
}
