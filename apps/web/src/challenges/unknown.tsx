import { usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';

/** A challenge that this page has never heard of: a stage of somebody else's, for clients of their own. */
export const Unknown = () => <Alert>{usePage().t('This step cannot be shown here.')}</Alert>;
