import type { Envelope } from '../challenges/envelope.js';
import { usePage } from '../flow/page.context.js';

/** Returns the address that refuses without logging out. */
const staying = (address: string) => `${address}${address.includes('?') ? '&' : '?'}stay=1`;

/** The link by which the user refuses without logging out. */
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
