/** Draws the mark of `src/ui/mark.svg` as pixels, because icons of browsers and phones cannot be SVG everywhere. */

/** Number of units of the mark's grid in each direction. */
const GRID = 16;
/** Samples of a pixel in each direction. */
const SAMPLES = 4;
/** Straight lines that replace the half circle of an arc. */
const ARC_LINES = 24;

/** Returns the corners of a path of the commands M, H, V, h, v, a (half circles over a horizontal line) and z. */
export function cornersOf(path) {
  const corners = [];
  let [x, y] = [0, 0];
  for (const [, command, text] of path.matchAll(/([MHVhvaz])([^MHVhvaz]*)/g)) {
    const numbers = (text.match(/-?\d*\.?\d+/g) ?? []).map(Number);
    if (command === 'a') corners.push(...halfCircle([x, y], numbers[5]));
    [x, y] = MOVES[command]([x, y], numbers);
    corners.push([x, y]);
  }
  return corners;
}

const MOVES = {
  M: (_from, [x, y]) => [x, y],
  H: ([, y], [x]) => [x, y],
  V: ([x], [y]) => [x, y],
  h: ([x, y], [dx]) => [x + dx, y],
  v: ([x, y], [dy]) => [x, y + dy],
  a: ([x, y], numbers) => [x + numbers[5], y + numbers[6]],
  z: (from) => from,
};

/** Returns corners on the upper half of the circle over a horizontal line of length `dx`. */
const halfCircle = ([x, y], dx) =>
  Array.from({ length: ARC_LINES }, (_, i) => {
    const angle = (Math.PI * (i + 1)) / (ARC_LINES + 1);
    return [x + (dx / 2) * (1 - Math.cos(angle)), y - Math.abs(dx / 2) * Math.sin(angle)];
  });

/**
 * Returns the pixels of a square icon as RGBA bytes: the white mark on a coloured square, whose corners have the radius
 * `radius` in units of the grid.
 */
export function drawIcon(corners, { size, colour, radius }) {
  const pixels = Buffer.alloc(size * size * 4);
  const isInside = insideTest(corners);
  for (let i = 0; i < size * size; i++) {
    const samples = samplesOf([i % size, Math.floor(i / size)], size);
    const square = samples.filter((point) => isInSquare(point, radius));
    const mark = square.filter(isInside).length / (square.length || 1);
    const channels = colour.map((channel) => Math.round(channel + (255 - channel) * mark));
    pixels.set([...channels, Math.round((255 * square.length) / samples.length)], i * 4);
  }
  return pixels;
}

const samplesOf = ([column, row], size) =>
  Array.from({ length: SAMPLES ** 2 }, (_, i) =>
    [column + ((i % SAMPLES) + 0.5) / SAMPLES, row + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES].map(
      (value) => (value * GRID) / size,
    ),
  );

function isInSquare(point, radius) {
  const [dx, dy] = point.map((value) => Math.max(radius - value, value - (GRID - radius), 0));
  return Math.hypot(dx, dy) <= radius || radius === 0;
}

/**
 * Returns a function that tests whether a point is inside a polygon (even-odd rule). Computes the crossings of a line
 * only once.
 */
function insideTest(corners) {
  const lines = new Map();
  return ([x, y]) => {
    const crossings = lines.get(y) ?? crossingsOf(corners, y);
    lines.set(y, crossings);
    return crossings.filter((crossing) => crossing > x).length % 2 === 1;
  };
}

/** Returns where the edges of a polygon cross a horizontal line. */
const crossingsOf = (corners, y) =>
  corners.flatMap(([x1, y1], i) => {
    const [x2, y2] = corners.at(i - 1);
    return y1 > y === y2 > y ? [] : [x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)];
  });
