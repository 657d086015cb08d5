import type { Translate } from '@gatehouse/texts/browser';
import type { ComponentChildren } from 'preact';
import { absoluteTime } from '../ui/absolute-time.js';
import { Alert } from '../ui/alert.js';
import { Moment } from '../ui/moment.js';
import { relativeTime } from '../ui/relative-time.js';
import type { FlowRolloutState, RolloutCounts } from './flow-change.js';
import type { FlowVersionsProps } from './flow-versions-props.js';

interface Props extends FlowVersionsProps {
  readonly rollout: FlowRolloutState;
}

/** Shows the running rollout of a flow: its share, its counts and its guard, with links to the forms that change it. */
export function RolloutSection({ pageData, t }: FlowVersionsProps) {
  const { rollout } = pageData;
  if (!rollout) return null;
  return (
    <section id="rollout" aria-labelledby="rollout-heading">
      <h2 id="rollout-heading">{t('Rollout')}</h2>
      {'refused' in rollout ? (
        <Alert>{rollout.refused.message}</Alert>
      ) : (
        <State pageData={pageData} rollout={rollout} t={t} />
      )}
      <Actions pageData={pageData} t={t} />
    </section>
  );
}

function State({ pageData, rollout, t }: Props) {
  const { current, candidate, percent, started, counted_from: countedFrom, counts, guard } = rollout;
  return (
    <>
      <p>
        {t('Version {candidate} gets {percent} % of the visitors, version {current} the others.', {
          ...{ candidate, percent, current },
        })}
      </p>
      <Interruption pageData={pageData} rollout={rollout} t={t} />
      <dl>
        <Fact label={t('Started')}>
          <Past at={started} pageData={pageData} />
        </Fact>
        <Fact label={t('Counted since')}>
          <Past at={countedFrom} pageData={pageData} />
        </Fact>
        <Fact label={t('Version {number}', { number: current })}>{describeCounts(counts.current, t)}</Fact>
        <Fact label={t('Version {number}', { number: candidate })}>{describeCounts(counts.candidate, t)}</Fact>
        <Fact label={t('Guard')}>
          {guard
            ? t('It allows a drop of {margin} percentage points.', { margin: guard.margin })
            : t('No guard watches.')}
        </Fact>
        {guard && <GuardFacts pageData={pageData} guard={guard} t={t} />}
      </dl>
    </>
  );
}

function GuardFacts({
  pageData: { locale },
  guard: { until, verdict, halted },
  t,
}: FlowVersionsProps & { guard: NonNullable<FlowRolloutState['guard']> }) {
  return (
    <>
      {!halted && (
        <Fact label={t('Watches until')}>
          <time dateTime={until}>{absoluteTime(locale, new Date(until), 'utc')}</time>
        </Fact>
      )}
      <Fact label={t('Finding')}>{verdict ? verdictsIn(t)[verdict] : t('The guard has not looked yet.')}</Fact>
    </>
  );
}

/** Says that the guard has stopped, or that no guard watches. */
function Interruption({ pageData: { now }, rollout: { guard, chosen_until: until, current }, t }: Props) {
  if (guard?.halted)
    return (
      <Alert>
        {t(
          'The guard has stopped, because the version before may protect accounts less. Publish the version or end its rollout yourself.',
        )}
      </Alert>
    );
  if (until === null || new Date(until) >= now) return null;
  return <Alert>{t('No guard looks. New logins get version {current} until one does.', { current })}</Alert>;
}

function Actions({ pageData: { address, flow }, t }: FlowVersionsProps) {
  if (!flow.candidate) return null;
  const { version } = flow.candidate;
  return (
    <div class="actions">
      <a class="plain" href={`${address}rollout/?version=${version}`}>
        {t('Change the share')}
      </a>
      <a class="plain" href={`${address}publish/?version=${version}`}>
        {t('Publish for all visitors')}
      </a>
      <a class="plain" href={`${address}rollback/`}>
        {t('End the rollout')}
      </a>
    </div>
  );
}

const Fact = ({ label, children }: { label: string; children: ComponentChildren }) => (
  <div>
    <dt>{label}</dt>
    <dd>{children}</dd>
  </div>
);

const Past = ({ at, pageData: { locale, now } }: Pick<FlowVersionsProps, 'pageData'> & { at: string }) => (
  <Moment at={new Date(at)} locale={locale}>
    {relativeTime(locale, new Date(at), now)}
  </Moment>
);

function describeCounts({ plans, completed, networks }: RolloutCounts, t: Translate): string {
  if (plans === 0) return t('No answered logins yet.');
  const percent = ((completed / plans) * 100).toFixed(1);
  return t('Answered logins: {plans}, completed: {completed} ({percent} %), networks: {networks}', {
    ...{ plans, completed, percent, networks },
  });
}

const verdictsIn = (t: Translate) => ({
  too_few: t('Too little data to decide.'),
  lower: t('The rate has dropped by more than the guard allows.'),
  unclear: t('The rate seems to have dropped, but too few logins show it.'),
  not_lower: t('The rate has not dropped by more than the guard allows.'),
});
