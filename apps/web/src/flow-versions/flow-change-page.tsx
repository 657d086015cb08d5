import type { Translate } from '@gatehouse/texts/browser';
import { Alert, Notice } from '../ui/alert.js';
import { Frame } from '../ui/frame.js';
import { languageMenuOf } from '../ui/language-menu.js';
import { ChangeList } from './change-list.js';
import type { FlowChangeConfirmation } from './flow-change.js';
import { FlowChangeForm } from './flow-change-form.js';
import type { FlowChangeProps } from './flow-change-props.js';
import { consequencesOf, flowChangeHeading } from './flow-change-texts.js';

/** The page on which a superuser confirms a change of a flow. It needs no JavaScript. */
export const FlowChangePage = ({ pageData, t }: FlowChangeProps) => {
  const { brand, flow, action, confirmation } = pageData;
  return (
    <Frame brand={brand} menu={languageMenuOf({ pageData, t })} wide>
      <main>
        <div class="links">
          <a href={`/if/admin/flows/${flow.slug}/`}>{t('Back to the flow')}</a>
        </div>
        <div>
          <h1>{flowChangeHeading(pageData, t)}</h1>
          <p class="hint">
            <bdi>{flow.title || flow.slug}</bdi>
          </p>
        </div>
        <Refusal pageData={pageData} t={t} />
        {confirmation && (
          <>
            <p>{consequencesOf(pageData, t).join(' ')}</p>
            {action !== 'preview' && <Differences confirmation={confirmation} t={t} />}
            <FlowChangeForm pageData={pageData} expected={confirmation.expected} t={t} />
          </>
        )}
      </main>
    </Frame>
  );
};

/**
 * Says why the form was refused. If a login is missing, links to the login. The message has the focus when the page
 * opens.
 */
function Refusal({ pageData: { refused, login }, t }: FlowChangeProps) {
  if (!refused) return null;
  const { code, message, detail } = refused;
  const advice = adviceOn(code, t);
  if (code === 'csrf_failed') return <Notice>{t('This page was open for too long. Please try again.')}</Notice>;
  return (
    <div tabIndex={-1} autofocus>
      <Alert>
        {message}
        {detail && <bdi> {detail}</bdi>}
        {advice && ` ${advice}`}
        {login && ' '}
        {login && <a href={login}>{t('Sign in again')}</a>}
      </Alert>
    </div>
  );
}

function adviceOn(code: string, t: Translate): string {
  if (code === 'flow_changed') return t('Look at the differences again before you confirm.');
  if (code === 'flow_change_timeout') return t('Look at the flow before you try again.');
  return '';
}

const Differences = ({
  confirmation: { from, to, changes },
  t,
}: {
  confirmation: FlowChangeConfirmation;
  t: Translate;
}) => (
  <section aria-labelledby="differences">
    <h2 id="differences">{t('From version {from} to version {to}', { from, to })}</h2>
    {changes.length === 0 ? <p>{t('Nothing differs.')}</p> : <ChangeList changes={changes} t={t} />}
  </section>
);
