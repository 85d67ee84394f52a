import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** Bytes per pixel of the two kinds that browsers write: RGB and RGBA, eight bits each. */
const bytesPerPixel: Readonly<Record<number, number>> = { 2: 3, 6: 4 };
const SIGNATURE_BYTES = 8;

/**
 * The same picture in fewer bytes. Browsers filter each line as is best for photographs; letters on a plain ground
 * repeat themselves, and are packed better as they are. What is no such PNG is given back as it is.
 * https://www.w3.org/TR/png-3/#9Filters
 */
export function repack(png: Buffer): Buffer {
  const chunks = chunksOf(png);
  const header = chunks.find(({ type }) => type === 'IHDR')?.data;
  if (!header) return png;
  const [width, height, depth, colour, interlace] = [
    header.readUInt32BE(0),
    header.readUInt32BE(4),
    ...[8, 9, 12].map((at) => header[at]),
  ];
  const step = bytesPerPixel[colour ?? 0];
  if (!width || !height || !step || depth !== 8 || interlace !== 0) return png;
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const plain = unfiltered(inflateSync(packed), width * step, step);
  const data = deflateSync(plain, { level: 9 });
  if (data.length >= packed.length) return png;
  const written = [chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([png.subarray(0, SIGNATURE_BYTES), ...written]);
}

function chunksOf(png: Buffer): { type: string; data: Buffer }[] {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = SIGNATURE_BYTES; at + 12 <= png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    chunks.push({ type, data: png.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** Lines of `width` bytes, each after a byte that says how it is filtered; afterwards none is. */
function unfiltered(lines: Buffer, width: number, step: number): Buffer {
  for (let start = 0; start < lines.length; start += width + 1) {
    const filter = lines[start];
    lines[start] = 0;
    for (let at = start + 1; at <= start + width; at++) {
      const left = at - step > start ? (lines[at - step] ?? 0) : 0;
      const up = start > 0 ? (lines[at - width - 1] ?? 0) : 0;
      const both = start > 0 && at - step > start ? (lines[at - width - 1 - step] ?? 0) : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, both)][filter ?? 0] ?? 0;
      lines[at] = ((lines[at] ?? 0) + guess) & 255;
    }
  }
  return lines;
}

function paeth(left: number, up: number, both: number): number {
  const guess = left + up - both;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - both)] as const;
  if (a <= b && a <= c) return left;
  return b <= c ? up : both;
}
