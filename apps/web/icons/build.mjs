import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toIco, toPng } from './formats.mjs';
import { cornersOf, drawIcon } from './shape.mjs';

const SOURCES = new URL('../src/', import.meta.url);
const FAVICON_SIZES = [16, 32, 48];
const TOUCH_ICON_SIZE = 180;

/** Writes `favicon.ico`, and `apple-touch-icon.png` with square corners, because phones round the corners. */
export async function buildIcons(folder) {
  const mark = await readFile(new URL('ui/mark.svg', SOURCES), 'utf8');
  const style = await readFile(new URL('style/base.css', SOURCES), 'utf8');
  const corners = cornersOf(/ d="([^"]+)"/.exec(mark)[1]);
  const accent = /--accent-light: #(\w{6});/.exec(style)[1];
  const colour = [...Buffer.from(accent, 'hex')];
  const pngOf = (size, radius) => toPng(drawIcon(corners, { size, colour, radius }), size);
  await mkdir(folder, { recursive: true });
  const icons = FAVICON_SIZES.map((size) => ({ size, png: pngOf(size, 3.5) }));
  await writeFile(join(folder, 'favicon.ico'), toIco(icons));
  await writeFile(join(folder, 'apple-touch-icon.png'), pngOf(TOUCH_ICON_SIZE, 0));
}
