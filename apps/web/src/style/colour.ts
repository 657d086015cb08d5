const HEX = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;

/** Returns a hex colour with six digits, or undefined for an invalid colour. */
export function colourOf(text: string | undefined): string | undefined {
  if (!text || !HEX.test(text)) return undefined;
  const digits = text.slice(1).toLowerCase();
  return `#${digits.length === 3 ? digits.replace(/./g, '$&$&') : digits}`;
}

/** Returns the contrast ratio of two colours, 1 to 21 (WCAG 2.2). */
export function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** Returns black or white, whichever has more contrast on a colour. */
export const readableColour = (colour: string): string =>
  contrast(colour, '#ffffff') >= contrast(colour, '#000000') ? '#ffffff' : '#000000';

/** Returns the luminance of a colour, 0 to 1 (WCAG 2.2). */
export function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = linearParts(colour);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Returns the colour if it is dark enough, else the lightest colour of the same hue that is dark enough. */
export function darkened(colour: string, maxLuminance: number): string {
  const scale = maxLuminance / luminance(colour);
  return scale >= 1 ? colour : hex(linearParts(colour).map((part) => Math.floor(encoded(part * scale))));
}

/** Returns the colour if it is light enough, else the darkest colour of the same hue that is light enough. */
export function lightened(colour: string, minLuminance: number): string {
  if (luminance(colour) >= minLuminance) return colour;
  const parts = linearParts(colour);
  const peak = Math.max(...parts) || 1;
  const brightest = luminance(colour) / peak;
  // A colour that is lighter than the brightest colour of its hue must be mixed with white.
  const share = Math.max(0, (minLuminance - brightest) / (1 - brightest));
  const scale = Math.min(minLuminance / luminance(colour), 1 / peak);
  return hex(parts.map((part) => Math.ceil(encoded(share + (1 - share) * part * scale))));
}

const hex = (bytes: readonly number[]) =>
  `#${bytes.map((byte) => Math.min(255, byte).toString(16).padStart(2, '0')).join('')}`;

const linearParts = (colour: string) =>
  [1, 3, 5].map((start) => linear(Number.parseInt(colour.slice(start, start + 2), 16) / 255));

const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

/** Returns the sRGB value of a linear intensity, 0 to 255. */
const encoded = (light: number) => 255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055);
