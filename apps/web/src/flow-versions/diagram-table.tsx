import type { Translate } from '@gatehouse/texts/browser';
import { conditionsText, durationText, requirementText } from './diagram-words.js';
import type { DiagramStep, VersionDiagram } from './flow-diagram.js';

interface Props {
  readonly diagram: VersionDiagram;
  readonly locale: string;
  readonly t: Translate;
}

/** The facts of a diagram as a table, with the conditions of the whole flow. */
export function DiagramTable({ diagram, locale, t }: Props) {
  const { requirement, conditions } = diagram;
  const notes = [
    requirementText(requirement, t),
    conditions && t('if {conditions}', { conditions: conditionsText(conditions, t) }),
  ].filter((note) => note !== undefined);
  return (
    <>
      {notes.length > 0 && (
        <ul>
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <StepTable diagram={diagram} locale={locale} t={t} />
    </>
  );
}

function StepTable({ diagram: { steps, version }, locale, t }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard
    <div class="scrolled" role="group" aria-labelledby="diagram-caption" tabIndex={0}>
      <table>
        <caption id="diagram-caption">{t('Steps of version {number}', { number: version })}</caption>
        <thead>
          <tr>
            {headingsIn(t).map((heading) => (
              <th key={heading} scope="col">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map((step) => (
            <Row key={step.id} step={step} locale={locale} t={t} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const headingsIn = (t: Translate): string[] => [
  t('Step'),
  t('Condition'),
  t('reached'),
  t('passed'),
  t('refused answer'),
  t('was denied'),
  t('left'),
  t('median time'),
];

function Row({ step, locale, t }: { step: DiagramStep; locale: string; t: Translate }) {
  const { name, kind, conditions, numbers, isInserted } = step;
  const { reached = 0, passed = 0, rejected = 0, denied = 0, left = 0, medianMs = null } = numbers ?? {};
  const notes = [
    ...(isInserted ? [t('inserted by a stage')] : []),
    ...(step.denies ? [t('denies every visitor')] : []),
    ...(step.restarts ? [t('a refused answer starts the flow again')] : []),
  ];
  return (
    <tr>
      <th scope="row">
        <bdi>{name}</bdi> <span class="hint">{[kind, ...notes].join(' · ')}</span>
      </th>
      <td>{conditions ? conditionsText(conditions, t) : '–'}</td>
      {[reached, passed, rejected, denied, left].map((count, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the columns are fixed
        <td key={i}>{count}</td>
      ))}
      <td>{medianMs === null ? '–' : durationText(medianMs, locale)}</td>
    </tr>
  );
}
