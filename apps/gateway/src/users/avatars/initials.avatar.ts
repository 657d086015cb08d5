import { createHash } from 'node:crypto';

/** Returns an image of a name's initials as a data URI (docs/spec/executor.md#user-info). */
export function initialsAvatar({ name, username }: { name: string; username: string }): string {
  const svg = initialsSvg(name.trim() || username || 'a k');
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}

/** Returns an SVG image of the initials of a text. */
export function initialsSvg(text: string): string {
  const background = colourOf(text.toLowerCase());
  const label = initials(text).toUpperCase();
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" width="64px" height="64px" viewBox="0 0 64 64">' +
    `<rect width="64" height="64" fill="${hex(background)}"/>` +
    `<text x="50%" y="50%" fill="${isBright(background) ? '#000' : '#fff'}" font-size="28" font-weight="400" ` +
    'font-family="sans-serif" text-anchor="middle" dominant-baseline="central">' +
    `${escaped(label)}</text></svg>`
  );
}

/**
 * Returns the first two characters of a single word, else the first character of the first word and of the last word.
 */
function initials(text: string): string {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const [first = '', last] = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return last === undefined ? start(first, 2) : start(start(first, 1) + last, 2);
}

/** Returns the first `count` characters. A character may be two UTF-16 units. */
const start = (text: string, count: number) => Array.from(text).slice(0, count).join('');

type Colour = readonly [red: number, green: number, blue: number];

function colourOf(text: string): Colour {
  const number = Number(BigInt(`0x${createHash('md5').update(text).digest('hex')}`) % 0xffffffn);
  const clamp = (byte: number) => Math.min(200, Math.max(55, byte));
  return [clamp((number >> 16) & 0xff), clamp((number >> 8) & 0xff), clamp(number & 0xff)];
}

const hex = (colour: Colour) => `#${colour.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;

const isBright = ([red, green, blue]: Colour) => 0.299 * red + 0.587 * green + 0.114 * blue > 186;

const escaped = (text: string) => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
