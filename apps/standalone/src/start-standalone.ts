import { courierConfig, startCourier } from '@gatehouse/courier';
import { gatewayConfig, startGateway } from '@gatehouse/gateway';
import {
  applyBlueprintFolder,
  blueprintsFolder,
  type CreatedAdmin,
  ensureAdmin,
  type LocalState,
  migrateAll,
  openLocalState,
  openPostgres,
  sealKeys,
} from '@gatehouse/local';
import { Logger, readConfig } from '@gatehouse/platform';
import { policiesModule } from '@gatehouse/policies';
import { providersModule } from '@gatehouse/providers';
import { serveStages } from '@gatehouse/stage-kit';
import { stages } from '@gatehouse/stages';
import { openNats } from './local-nats.js';
import { StartedParts } from './started-parts.js';

interface Ready {
  readonly url: string;
  /** Made by this start, because there was no administrator. */
  readonly admin: CreatedAdmin | undefined;
}

export interface Standalone {
  /** Rejects when the start has failed and was undone; never settles where it was stopped before. */
  readonly ready: Promise<Ready>;
  /** Stops everything that was started until now, in reverse order. */
  readonly stop: () => Promise<void>;
}

/** Everything in one process: what is missing is started, what is old is migrated, what stops midway is undone. */
export function startStandalone(env: NodeJS.ProcessEnv): Standalone {
  const parts = new StartedParts();
  const ready = start(env, parts).catch(async (error: unknown) => {
    // A start whose parts are stopped under it fails at the next one.
    if (parts.stopped) return new Promise<never>(() => undefined);
    await parts.stop();
    throw error;
  });
  return { ready, stop: () => parts.stop() };
}

async function start(env: NodeJS.ProcessEnv, parts: StartedParts): Promise<Ready> {
  const state = await openLocalState(env);
  const postgres = await parts.begin(() => openPostgres(async () => state, env));
  await migrateAll(postgres.url);
  const keys = env['SEAL_KEYS'] || sealKeys(state.sealKey);
  await applyBlueprintFolder(postgres.url, blueprintsFolder(env), keys);
  const admin = await ensureAdmin(postgres.url, keys, env);
  const nats = await parts.begin(() => openNats(state, env));
  const settings = { ...defaultSettings(state, env), ...env, DATABASE_URL: postgres.url, ...nats.settings };
  // Stages read their own settings from the environment, as they do in a process of their own.
  Object.assign(process.env, settings);
  const config = readConfig(gatewayConfig, settings);
  const logger = new Logger('gatehouse', config.LOG_LEVEL);
  const modules = [...(await stageModules()), providersModule()];
  const { service } = await serveStages({ name: 'standalone', modules, nats: config, logger });
  parts.add({ stop: () => service.close() });
  const courier = await startCourier({ ...readConfig(courierConfig, settings), METRICS_PORT: undefined });
  parts.add({ stop: () => courier.close() });
  const gateway = await startGateway(config);
  parts.add({ stop: () => gateway.close() });
  return { url: gateway.url, admin };
}

const stageModules = () => Promise.all([policiesModule(), ...Object.values(stages).map(({ module }) => module())]);

/** The internet, and this machine. */
const ALSO_LOOPBACK = '*,127.0.0.1,localhost';

/** Settings of a laptop that nobody has configured. */
function defaultSettings(state: LocalState, { HOST, PORT, BASE_URL }: NodeJS.ProcessEnv) {
  return {
    SEAL_KEYS: sealKeys(state.sealKey),
    MFA_SEAL_KEYS: sealKeys(state.mfaSealKey),
    SECRET_KEY: state.secretKey,
    BASE_URL: BASE_URL || `http://${HOST || '127.0.0.1'}:${PORT || '9000'}`,
    // Whoever tries a captcha or a source out may run its provider beside it.
    CAPTCHA_HOSTS: ALSO_LOOPBACK,
    SOURCE_HOSTS: ALSO_LOOPBACK,
    LOG_LEVEL: 'warn',
  };
}
