import type { Translate } from '@gatehouse/texts/browser';
import type { ComponentChildren } from 'preact';
import type { FlowPageData } from '../page.js';
import { timeOfDay } from '../ui/absolute-time.js';
import { Moment } from '../ui/moment.js';
import { FlowDiagram } from './flow-diagram.js';
import { findRun, type Run, type ShadowVerdict, type TrailEntry } from './run.js';

/** Returns the inspector panel of a flow, or undefined when the visitor has no permission. */
export async function inspectorOf({ slug, locale }: FlowPageData, t: Translate): Promise<ComponentChildren> {
  const run = await findRun(slug);
  return run === undefined ? undefined : <Panel run={run} locale={locale} t={t} />;
}

interface Language {
  readonly locale: string;
  readonly t: Translate;
}

const Panel = ({ run, locale, t }: Language & { run: Run | null }) => (
  <aside class="inspector" aria-labelledby="inspector">
    <h2 id="inspector">{t('Flow inspector')}</h2>
    {run ? <Facts run={run} locale={locale} t={t} /> : <p>{t('There is no run of this flow in your session.')}</p>}
  </aside>
);

function Facts({ run, locale, t }: Language & { run: Run }) {
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
      <Times trail={run.trail} locale={locale} t={t} />
      {run.shadow_verdicts.length > 0 && <ShadowVerdicts verdicts={run.shadow_verdicts} t={t} />}
    </>
  );
}

const ShadowVerdicts = ({ verdicts, t }: { verdicts: readonly ShadowVerdict[]; t: Translate }) => (
  <>
    <h3>{t('Shadow conditions')}</h3>
    <ul>
      {verdicts.map(({ binding, policy, condition, outcome, messages = [], met, would_be_met: wouldMet }, i) => (
        <li key={`${binding} ${i}`}>
          {policy ?? condition}: {[outcome, ...messages].join(' · ')}{' '}
          {met !== wouldMet && <strong>{t('It would have changed the verdict.')}</strong>}
        </li>
      ))}
    </ul>
  </>
);

function Times({ trail, locale, t }: Language & { trail: readonly TrailEntry[] }) {
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
              <Moment at={new Date(at)} locale={locale}>
                {timeOfDay(locale, new Date(at))}
              </Moment>
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
