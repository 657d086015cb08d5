import { dataSourceModule, readConfig } from '@gatehouse/platform';
import { stageModule } from '@gatehouse/stage-kit';
import { DataSource } from 'typeorm';
import { type CaptchaConfig, captchaConfig } from './captcha.config.js';
import { captchaContract } from './captcha.contract.js';
import { CAPTCHA_CONFIG, CaptchaStage } from './captcha.stage.js';
import { CAPTCHA_SCHEMA } from './migrations/index.js';
import { SiteverifyClient } from './siteverify-client.js';
import { SpentTokenRepository } from './spent-token.repository.js';

/** Returns the module that serves the captcha stage. It stores accepted tokens in the database of `DATABASE_URL`. */
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
        provide: SpentTokenRepository,
        useFactory: (source: DataSource) => new SpentTokenRepository(source),
        inject: [DataSource],
      },
    ],
  });
