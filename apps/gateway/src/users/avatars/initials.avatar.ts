import { createHash } from 'node:crypto';
import { pythonStrip } from '@gatehouse/contracts';

/** Returns an image of a name's initials as a data URI (docs/spec/executor.md#user-info). */
export function initialsAvatar({ name, username }: { name: string; username: string }): string {
  const svg = initialsSvg(pythonStrip(name) || username || 'a k');
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}

/** Returns an SVG image of the initials of a text. */
export function initialsSvg(text: string): string {
  const background = darkened(colourOf(text.toLowerCase()));
  const label = initials(text).toUpperCase();
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" width="64px" height="64px" viewBox="0 0 64 64">' +
    `<rect width="64" height="64" fill="${hex(background)}"/>` +
    `<text x="50%" y="50%" fill="#fff" font-size="28" font-weight="400" ` +
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

/** Contrast of the white initials with their background (WCAG 2.2, 1.4.3). */
const MIN_CONTRAST = 4.5;
/** The luminance of a background on which white text has the contrast MIN_CONTRAST. */
const MAX_LUMINANCE = 1.05 / MIN_CONTRAST - 0.05;

/** Returns the colour, darker if white text would have too little contrast. The hue stays the same. */
function darkened(colour: Colour): Colour {
  const [red, green, blue] = colour.map(linear) as [number, number, number];
  const scale = Math.min(1, MAX_LUMINANCE / (0.2126 * red + 0.7152 * green + 0.0722 * blue));
  return scale === 1 ? colour : [encoded(red * scale), encoded(green * scale), encoded(blue * scale)];
}

/** Returns the linear intensity of an sRGB byte, 0 to 1. */
const linear = (byte: number) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);

/** Returns the sRGB byte of a linear intensity, rounded down. */
const encoded = (light: number) =>
  Math.floor(255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055));

const escaped = (text: string) => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
