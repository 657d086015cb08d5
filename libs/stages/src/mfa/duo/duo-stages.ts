import type { AttachedStage } from '@gatehouse/contracts';
import { authenticatorDuoContract } from './authenticator-duo.contract.js';
import type { DuoAccount } from './duo-signature.js';

type Companions = Readonly<Record<string, AttachedStage>>;

/** The settings of a Duo stage that the validation stage uses. */
export interface DuoStageSettings {
  readonly account: DuoAccount;
  readonly numberMatching: boolean;
}

/** Returns the settings of the stage with this id, or `undefined` if the stage was deleted. */
export function duoStageSettings(companions: Companions, id: string | null): DuoStageSettings | undefined {
  const stage = id === null ? undefined : companions[id];
  const config = authenticatorDuoContract.config.safeParse(stage?.config);
  return config.success
    ? { account: loginAccount(config.data), numberMatching: config.data.number_matching }
    : undefined;
}

interface DuoLoginKeys {
  readonly api_hostname: string;
  readonly client_id: string;
  readonly client_secret: string;
}

/** Returns the account with which a stage calls Duo's Auth API. */
export const loginAccount = ({ api_hostname, client_id, client_secret }: DuoLoginKeys): DuoAccount => ({
  host: api_hostname,
  integrationKey: client_id,
  secretKey: client_secret,
});
