import type { FlowVersionRow } from './flow-versions.js';
import type { FlowVersionsProps } from './flow-versions-props.js';

/**
 * Links to the forms that publish, roll out, roll back and preview a version. A candidate has links to the forms of its
 * rollout.
 */
export function VersionActions({ version, pageData, t }: FlowVersionsProps & { version: FlowVersionRow }) {
  const { number, state } = version;
  const { address, flow, versions } = pageData;
  const hasEarlier = versions.some((other) => other.state === 'earlier');
  const others = state === 'draft' || state === 'earlier';
  const actions = [
    { to: `publish/?version=${number}`, label: t('Publish'), isOffered: others },
    { to: `rollout/?version=${number}`, label: t('Roll out'), isOffered: others && !flow.candidate },
    { to: 'rollback/', label: t('Roll back'), isOffered: state === 'current' && hasEarlier && !flow.candidate },
    { to: `preview/?version=${number}`, label: t('Preview'), isOffered: true },
  ];
  return (
    <div class="actions">
      {actions
        .filter(({ isOffered }) => isOffered)
        .map(({ to, label }) => (
          <a key={to} class="plain" href={`${address}${to}`}>
            {label}
            <span class="unseen"> {t('Version {number}', { number })}</span>
          </a>
        ))}
    </div>
  );
}
