import { dataSourceModule, readConfig } from '@gatehouse/platform';
import { stageModule } from '@gatehouse/stage-kit';
import { DataSource } from 'typeorm';
import { type CaptchaConfig, captchaConfig } from './captcha.config.js';
import { captchaContract } from './captcha.contract.js';
import { CAPTCHA_CONFIG, CaptchaStage } from './captcha.stage.js';
import { CAPTCHA_SCHEMA } from './migrations/index.js';
import { SiteverifyClient } from './siteverify-client.js';
import { TypeormSpentTokens } from './spent-token.repository.js';
import { SpentTokens } from './spent-tokens.js';

/** The captcha stage on the bus, with the tokens that were accepted in the Postgres that DATABASE_URL names. */
export const captchaModule = () =>
  stageModule(captchaContract, CaptchaStage, {
    imports: [dataSourceModule(CAPTCHA_SCHEMA)],
    providers: [
      { provide: CAPTCHA_CONFIG, useFactory: () => readConfig(captchaConfig) },
      {
        provide: SiteverifyClient,
        useFactory: (config: CaptchaConfig) => new SiteverifyClient(config),
        inject: [CAPTCHA_CONFIG],
      },
      {
        provide: SpentTokens,
        useFactory: (source: DataSource) => new TypeormSpentTokens(source),
        inject: [DataSource],
      },
    ],
  });
