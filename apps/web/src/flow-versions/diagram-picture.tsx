import type { Translate } from '@gatehouse/texts/browser';
import type { ComponentChildren } from 'preact';
import { DIAGRAM, type DiagramLayout, fitting, layoutOf, type PlacedBox, START } from './diagram-layout.js';
import { conditionsText, durationText, requirementText } from './diagram-words.js';
import type { DiagramStep, StepNumbers, VersionDiagram } from './flow-diagram.js';

interface Props {
  readonly diagram: VersionDiagram;
  readonly locale: string;
  readonly isMirrored: boolean;
  readonly t: Translate;
}

/** Converts a distance from the inline start into an x coordinate. */
type Place = (distance: number) => number;

interface PartProps extends Props {
  readonly x: Place;
}

const { width, column, boxHeight, gap, bypass, restart, side } = DIAGRAM;
const MIDDLE = (column.from + column.to) / 2;
/** Distance below a box at which the line that bypasses the box joins the line to the next box. */
const BYPASS_END = 12;
/** Number of letters that fit into a box, and beside the column. */
const [BOX_LETTERS, SIDE_LETTERS] = [36, 32];

/** Draws a flow version: its steps in a column, and the exits of the flow beside them. */
export function DiagramPicture(props: Props) {
  const { diagram, isMirrored, t } = props;
  const layout = layoutOf(diagram);
  const x: Place = (distance) => (isMirrored ? width - distance : distance);
  const parts = { ...props, x };
  return (
    <svg
      class="diagram"
      role="img"
      aria-labelledby="diagram-title"
      width={width}
      height={layout.height}
      viewBox={`0 0 ${width} ${layout.height}`}
    >
      <title id="diagram-title">{t('Diagram of version {number}', { number: diagram.version })}</title>
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
          <path d="M0 0 L8 4 L0 8 z" class="head" />
        </marker>
      </defs>
      <End x={x} top={START - 20} text={t('Start')} />
      <Start {...parts} layout={layout} />
      {layout.boxes.map((box, i) => (
        <StepBox key={box.step.id} {...parts} box={box} next={layout.boxes[i + 1]?.top ?? layout.end} />
      ))}
      <End x={x} top={layout.end} text={finishText(diagram, t)} />
    </svg>
  );
}

function finishText({ numbers }: VersionDiagram, t: Translate): string {
  return numbers ? t('finished: {plans}', { plans: numbers.done }) : t('End of the flow');
}

/** The line into the first step, and the box with the conditions of the flow. */
function Start({ diagram, layout, x, t }: PartProps & { layout: DiagramLayout }) {
  const { numbers, conditions, requirement } = diagram;
  const begun = numbers && t('begun: {plans}', { plans: numbers.begun });
  const first = layout.boxes[0]?.top ?? layout.end;
  const { gate } = layout;
  const lines = [requirementText(requirement, t), conditions && conditionsText(conditions, t)].filter(isText);
  return (
    <>
      <Way x={x} from={START + 20} to={gate ?? first} label={begun} />
      {gate !== undefined && (
        <>
          <Box x={x} top={gate} kind="gate">
            {lines.map((line, i) => (
              <Line key={line} x={x} y={gate + (lines.length === 1 ? 42 : 32 + i * 22)} text={line} />
            ))}
          </Box>
          <SideEnd x={x} y={gate + boxHeight / 2} lines={[t('others are refused')]} />
          <Way x={x} from={gate + boxHeight} to={first} />
        </>
      )}
    </>
  );
}

/** A step with the lines that lead out of it. */
function StepBox({ box, next, x, t, locale }: PartProps & { box: PlacedBox; next: number }) {
  const { step, top, isOptional } = box;
  const { numbers, denies, isInserted, restarts } = step;
  const ends = endsOf(step, t);
  return (
    <>
      <Box x={x} top={top} kind={isInserted ? 'inserted' : 'step'}>
        <Line x={x} y={top + 24} text={step.name} isStrong />
        <Line x={x} y={top + 44} text={descriptionOf(step, t)} />
        {numbers && <Line x={x} y={top + 63} text={t('reached: {plans}', { plans: numbers.reached })} />}
      </Box>
      {ends.length > 0 && <SideEnd x={x} y={top + boxHeight / 2} lines={ends} />}
      {!denies && <Way x={x} from={top + boxHeight} to={next} label={numbers && passedText(numbers, { locale, t })} />}
      {isOptional && <Bypass x={x} top={top} />}
      {isOptional && denies && <Way x={x} from={top + boxHeight + BYPASS_END} to={next} />}
      {restarts && <Restart x={x} top={top} />}
    </>
  );
}

function descriptionOf({ conditions, isInserted, kind }: DiagramStep, t: Translate): string {
  if (conditions) return t('if {conditions}', { conditions: conditionsText(conditions, t) });
  return isInserted ? t('inserted by a stage') : kind;
}

function endsOf({ numbers, denies }: DiagramStep, t: Translate): string[] {
  if (!numbers) return denies ? [t('denied')] : [];
  const { left, denied } = numbers;
  return [
    left > 0 && t('left: {plans}', { plans: left }),
    denied > 0 && t('denied: {plans}', { plans: denied }),
  ].filter(isText);
}

function passedText({ passed, medianMs }: StepNumbers, { locale, t }: Pick<Props, 'locale' | 't'>): string {
  const text = t('passed: {plans}', { plans: passed });
  return medianMs === null ? text : `${text} · ${durationText(medianMs, locale)}`;
}

const isText = (text: string | false | undefined): text is string => typeof text === 'string';

interface BoxProps {
  readonly x: Place;
  readonly top: number;
  readonly kind: 'step' | 'gate' | 'inserted';
  readonly children: ComponentChildren;
}

const Box = ({ x, top, kind, children }: BoxProps) => (
  <>
    <rect
      class={kind}
      x={Math.min(x(column.from), x(column.to))}
      y={top}
      width={column.to - column.from}
      height={boxHeight}
      rx={kind === 'gate' ? 20 : 8}
    />
    {children}
  </>
);

function Line({ x, y, text, isStrong = false }: { x: Place; y: number; text: string; isStrong?: boolean }) {
  const shown = fitting(text, BOX_LETTERS);
  return (
    <text class={isStrong ? 'name' : undefined} x={x(MIDDLE)} y={y} text-anchor="middle">
      {shown}
      {shown !== text && <title>{text}</title>}
    </text>
  );
}

/** The start or the end of the flow. */
const End = ({ x, top, text }: { x: Place; top: number; text: string }) => (
  <>
    <rect class="end" x={x(MIDDLE) - 90} y={top} width={180} height={40} rx={20} />
    <text x={x(MIDDLE)} y={top + 25} text-anchor="middle">
      {text}
    </text>
  </>
);

/** The line down from one box to the next. */
const Way = ({ x, from, to, label }: { x: Place; from: number; to: number; label?: string | undefined }) => (
  <>
    <path class="way" d={`M${x(MIDDLE)} ${from} V${to - 1}`} marker-end="url(#arrow)" />
    {label && (
      <text x={x(MIDDLE + 12)} y={from + gap / 2 + 4}>
        {label}
      </text>
    )}
  </>
);

/** The line out of the flow, to an end beside a box. */
const SideEnd = ({ x, y, lines }: { x: Place; y: number; lines: readonly string[] }) => (
  <>
    <path class="way out" d={`M${x(column.to)} ${y} H${x(side)}`} marker-end="url(#arrow)" />
    {lines.map((line, i) => (
      <text key={line} class="out" x={x(side + 8)} y={y + 5 + (i - (lines.length - 1) / 2) * 20}>
        {fitting(line, SIDE_LETTERS)}
      </text>
    ))}
  </>
);

/** The line that bypasses a step whose conditions are not met. It joins the line to the next box. */
const Bypass = ({ x, top }: { x: Place; top: number }) => (
  <path
    class="way past"
    d={`M${x(MIDDLE)} ${top - 10} H${x(bypass)} V${top + boxHeight + BYPASS_END} H${x(MIDDLE)}`}
    marker-end="url(#arrow)"
  />
);

/** The line back to the start after a refused answer. */
const Restart = ({ x, top }: { x: Place; top: number }) => (
  <path
    class="way again"
    d={`M${x(column.from)} ${top + boxHeight / 2} H${x(restart)} V${START} H${x(MIDDLE - 92)}`}
    marker-end="url(#arrow)"
  />
);
