import { CreateCaptcha1764201720000 } from './1764201720000-create-captcha.js';

/** The Postgres schema of accepted captcha tokens. */
export const CAPTCHA_SCHEMA = 'captcha';

/** Migrations of the schema, in order. A released migration is never edited. */
export const captchaMigrations = [CreateCaptcha1764201720000];
