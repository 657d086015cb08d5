import type { Envelope } from '../challenges/envelope.js';
import { usePage } from '../flow/page.context.js';

/** Returns the address with the parameter that refuses without logging the user out. */
const staying = (address: string) => `${address}${address.includes('?') ? '&' : '?'}stay=1`;

/** The link with which the user refuses the request of an application without being logged out. */
export function RefusalLink({ challenge: { flow_info } }: { challenge: Envelope }) {
  const { t } = usePage();
  if (!flow_info?.cancel_url) return null;
  return (
    <ul class="links">
      <li>
        <a href={staying(flow_info.cancel_url)}>{t('No, cancel')}</a>
      </li>
    </ul>
  );
}
