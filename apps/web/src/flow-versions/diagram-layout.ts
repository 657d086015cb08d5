import type { DiagramStep, VersionDiagram } from './flow-diagram.js';

/**
 * Size of a diagram and positions in it, in pixels from the inline start: the left side, or the right side in
 * right-to-left languages.
 */
export const DIAGRAM = {
  width: 720,
  /** Left and right edge of the column of steps. */
  column: { from: 90, to: 410 },
  boxHeight: 74,
  gap: 52,
  /** Position of the lines that bypass optional steps, and of the lines back to the start. */
  bypass: 56,
  restart: 24,
  /** Position of the ends beside the column. */
  side: 450,
} as const;

/** A box of the column. */
export interface PlacedBox {
  readonly top: number;
  readonly step: DiagramStep;
  /** Whether a line bypasses the box. */
  readonly isOptional: boolean;
}

/** The boxes of a diagram from the top to the bottom. */
export interface DiagramLayout {
  /** Top of the box with the conditions of the flow; `undefined` if there are none. */
  readonly gate: number | undefined;
  readonly boxes: readonly PlacedBox[];
  /** Top of the end of the flow. */
  readonly end: number;
  readonly height: number;
}

const START_HEIGHT = 40;
const MARGIN = 8;

/** Vertical centre of the start of a flow. */
export const START = MARGIN + START_HEIGHT / 2;

/** Places the steps of a flow version in a column. */
export function layoutOf({ requirement, conditions, steps }: VersionDiagram): DiagramLayout {
  const rise = DIAGRAM.boxHeight + DIAGRAM.gap;
  const first = MARGIN + START_HEIGHT + DIAGRAM.gap;
  const hasGate = requirement !== 'none' || conditions !== undefined;
  const top = hasGate ? first + rise : first;
  const boxes = steps.map((step, i) => ({
    top: top + i * rise,
    step,
    isOptional: step.isInserted || step.conditions !== undefined,
  }));
  const end = top + steps.length * rise;
  return { gate: hasGate ? first : undefined, boxes, end, height: end + START_HEIGHT + MARGIN };
}

const WIDE = /[\u1100-\u11ff\u2e80-\ud7af\uf900-\ufaff\ufe30-\uffef]|[\u{1f000}-\u{3ffff}]/u;

/** Returns a text, cut off with an ellipsis if it is wider than `letters` letters. A Chinese character counts twice. */
export function fitting(text: string, letters: number): string {
  const characters = Array.from(text);
  let width = 0;
  const end = characters.findIndex((character) => (width += WIDE.test(character) ? 2 : 1) > letters);
  return end < 0 ? text : `${characters.slice(0, Math.max(0, end - 1)).join('')}…`;
}
