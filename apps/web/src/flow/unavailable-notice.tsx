import { MAX_RETRIES } from '@gatehouse/client';
import type { Translate } from '@gatehouse/texts/browser';
import { usePage } from './page.context.js';
import { type Unavailable } from './visit.js';

interface Props {
  readonly unavailable: Unavailable;
  /** Whether the form is still on the page. */
  readonly keepsInput: boolean;
  readonly retry: () => void;
}

/** Tells the visitor that the service is unavailable, and whether the page retries automatically. */
export function UnavailableNotice({ unavailable, keepsInput, retry }: Props) {
  const { t, pageData } = usePage();
  const isRetrying = unavailable.tries <= MAX_RETRIES;
  return (
    <div class="notice" role="status">
      <p>
        {causeOf(unavailable, t)}{' '}
        {isRetrying ? retryText(keepsInput, t) : adviceFor(unavailable, { t, locale: pageData.locale })}
      </p>
      {!isRetrying && (
        <button type="button" class="plain" onClick={retry}>
          {t('Try again')}
        </button>
      )}
    </div>
  );
}

const retryText = (keepsInput: boolean, t: Translate) =>
  keepsInput ? t('We try again by ourselves, and nothing that you typed is lost.') : t('We try again by ourselves.');

function causeOf({ reason }: Unavailable, t: Translate): string {
  switch (reason) {
    case 'network':
      return t('There is no connection at the moment.');
    case 'limited':
      return t('Too many attempts came from your network.');
    case 'service':
      return t('This service cannot be reached at the moment.');
  }
}

/** Says when to try again. The time is relative, because the server does not know the visitor's time zone. */
function adviceFor({ reason, waitS }: Unavailable, { t, locale }: { t: Translate; locale: string }): string {
  if (reason !== 'limited') return t('Please try again later.');
  const [count, unit] = waitS < 5400 ? ([waitS / 60, 'minute'] as const) : ([waitS / 3600, 'hour'] as const);
  const time = new Intl.RelativeTimeFormat(locale).format(Math.ceil(count), unit);
  return t('Please try again {time}.', { time });
}
