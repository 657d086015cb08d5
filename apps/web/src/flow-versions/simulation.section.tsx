import type { Translate } from '@gatehouse/texts/browser';
import { Alert, Notice } from '../ui/alert.js';
import type { PathPart, SimulatedPath, VersionSimulation } from './flow-simulation.js';
import type { FlowVersionsProps } from './flow-versions-props.js';
import { conditionText, endText, findingText, outcomeText } from './simulation-words.js';

/** The form that simulates the version of the diagram, and the report: first the findings, then the paths. */
export function SimulationSection({ pageData, t }: FlowVersionsProps) {
  const { simulation, diagram } = pageData;
  if (typeof diagram !== 'object') return null;
  return (
    <section id="simulation" aria-labelledby="simulation-heading">
      <h2 id="simulation-heading">{t('Simulation')}</h2>
      <SimulationForm pageData={pageData} t={t} />
      {simulation === 'busy' && (
        <div tabIndex={-1} autofocus>
          <Alert>{t('Another simulation is running. Please try again in a few seconds.')}</Alert>
        </div>
      )}
      {typeof simulation === 'object' && <Report simulation={simulation} t={t} />}
    </section>
  );
}

const SimulationForm = ({ pageData: { address, shown }, t }: FlowVersionsProps) => (
  <form method="get" action={`${address}#simulation`}>
    <input type="hidden" name="version" value={shown.version} />
    <input type="hidden" name="since" value={shown.period} />
    <button class="plain" name="simulate" value="1">
      {t('Simulate version {number}', { number: shown.version })}
    </button>
  </form>
);

interface ReportProps {
  readonly simulation: VersionSimulation;
  readonly t: Translate;
}

function Report({ simulation, t }: ReportProps) {
  const { version, isComplete, findings, paths } = simulation;
  return (
    <>
      <h3 tabIndex={-1} autofocus>
        {t('Findings in version {number}', { number: version })}
      </h3>
      {!isComplete && (
        <Notice>{t('The simulation has stopped at its limit, so there may be more paths and more findings.')}</Notice>
      )}
      {findings.length === 0 && <p>{t('No findings.')}</p>}
      <ul class="findings">
        {findings
          .map((finding) => findingText(finding, t))
          .map((text) => (
            <li key={text}>{text}</li>
          ))}
      </ul>
      <h3>{t('Paths')}</h3>
      <Early simulation={simulation} t={t} />
      <ol class="paths">
        {paths.map((path) => (
          <Path key={path.number} path={path} t={t} />
        ))}
      </ol>
    </>
  );
}

function Early({ simulation: { asksAgain, mayDeny }, t }: ReportProps) {
  return (
    <p class="hint">
      {asksAgain.length > 0 && <span>{t('May ask again: {steps}.', { steps: asksAgain.join(', ') })} </span>}
      {mayDeny.length > 0 && <span>{t('May deny: {steps}.', { steps: mayDeny.join(', ') })}</span>}
    </p>
  );
}

const Path = ({ path: { number, parts, end }, t }: { path: SimulatedPath; t: Translate }) => (
  <li value={number}>
    <ul class="path">
      {[...parts.map((part) => partText(part, t)), endText(end, t)].map((text, i, all) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a path do not change
        <li key={i} class={i === all.length - 1 ? 'last' : undefined}>
          <bdi>{text}</bdi>
        </li>
      ))}
    </ul>
  </li>
);

function partText(part: PathPart, t: Translate): string {
  if (part.type === 'step')
    return part.outcome === 'passed' ? part.name : `${part.name}: ${outcomeText(part.outcome, t)}`;
  const alternatives = part.alternatives.map((conditions) =>
    conditions.map((condition) => conditionText(condition, t)).join(` ${t('and')} `),
  );
  return `[${alternatives.join(` ${t('or')} `)}${part.isCut ? ' …' : ''}]`;
}
