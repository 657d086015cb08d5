import type { Translate } from '@gatehouse/texts/browser';
import type { ComponentChildren } from 'preact';
import { FlowDiagram } from './flow-diagram.js';
import { findRun, type Run, type TrailEntry } from './run.js';

/** Returns the inspector panel of a flow, or undefined when the visitor has no permission. */
export async function inspectorOf(slug: string, t: Translate): Promise<ComponentChildren> {
  const run = await findRun(slug);
  return run === undefined ? undefined : <Panel run={run} t={t} />;
}

const Panel = ({ run, t }: { run: Run | null; t: Translate }) => (
  <aside class="inspector" aria-labelledby="inspector">
    <h2 id="inspector">{t('Flow inspector')}</h2>
    {run ? <Facts run={run} t={t} /> : <p>{t('There is no run of this flow in your session.')}</p>}
  </aside>
);

function Facts({ run, t }: { run: Run; t: Translate }) {
  const { plan_context: context } = run.current_plan;
  return (
    <>
      {run.is_completed && <p class="notice">{t('The run is over.')}</p>}
      <h3>{t('Steps')}</h3>
      <FlowDiagram steps={run.steps} t={t} />
      <h3>{t('Context')}</h3>
      {Object.keys(context).length === 0 ? (
        <p class="hint">{t('Nothing is known.')}</p>
      ) : (
        <pre class="trace" tabIndex={0} role="region" aria-label={t('Context')}>
          {JSON.stringify(context, undefined, 2)}
        </pre>
      )}
      <h3>{t('Times')}</h3>
      <Times trail={run.trail} t={t} />
    </>
  );
}

function Times({ trail, t }: { trail: readonly TrailEntry[]; t: Translate }) {
  if (trail.length === 0) return <p class="hint">{t('Nothing was answered yet.')}</p>;
  return (
    <table>
      <thead>
        <tr>
          {[t('Time'), t('Step'), t('Outcome'), t('Took')].map((label) => (
            <th key={label} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {trail.map(({ name, outcome, at, ms }) => (
          <tr key={at + name + outcome}>
            <td>
              <time dateTime={at}>{at.slice(11, 19)}</time>
            </td>
            <td>{name}</td>
            <td>{outcome}</td>
            <td>{t('{ms} ms', { ms })}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
