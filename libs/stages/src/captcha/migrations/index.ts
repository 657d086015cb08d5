import { CreateCaptcha1764201720000 } from './1764201720000-create-captcha.js';

/** The Postgres schema of accepted captcha tokens. */
export const CAPTCHA_SCHEMA = 'captcha';

/** Migrations of the schema, in order. Never edit a released migration. */
export const captchaMigrations = [CreateCaptcha1764201720000];
