import { CreateCaptcha1764201720000 } from './1764201720000-create-captcha.js';

/** The Postgres schema of tokens that were accepted. */
export const CAPTCHA_SCHEMA = 'captcha';

/** Its migrations, in order; listed by hand, never edited once released. */
export const captchaMigrations = [CreateCaptcha1764201720000];
