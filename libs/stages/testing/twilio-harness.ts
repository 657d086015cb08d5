import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDeviceDatabase, type DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { SavedUser } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { MessageQuotaRepository } from '../src/mfa/message-quota.repository.js';
import { authenticatorSmsContract } from '../src/mfa/sms/authenticator-sms.contract.js';
import { AuthenticatorSmsStage } from '../src/mfa/sms/authenticator-sms.stage.js';
import { CodeSender } from '../src/mfa/sms/code-sender.js';
import { HttpSmsGateway } from '../src/mfa/sms/http-sms-gateway.js';
import { PhoneNumberIndex } from '../src/mfa/sms/phone-number-index.js';
import { smsConfig } from '../src/mfa/sms/sms.config.js';
import { SmsFactor } from '../src/mfa/sms/sms.factor.js';
import { authenticatorValidateContract } from '../src/mfa/validate/authenticator-validate.contract.js';
import { validationStage } from './validation-stage.js';

/** Id of the SMS stage of the tests. */
export const STAGE = '5a0c1d4e-8a52-4f2e-9d8c-3b1f6f0f7c21';
/** The config of the SMS stage of the tests. */
const TWILIO = { provider: 'twilio', from_number: '+100', account_sid: 'AC1', auth: 'token' } as const;

const PATH = `/2010-04-01/Accounts/${TWILIO.account_sid}/Messages.json`;
const AUTHORIZATION = `Basic ${Buffer.from(`${TWILIO.account_sid}:${TWILIO.auth}`).toString('base64')}`;

/** A fake Twilio on loopback. Accepts only requests in the documented format, with the credentials of its account. */
class TwilioServer {
  readonly messages: { readonly to: string; readonly body: string }[] = [];
  /** The HTTP status of all responses during an outage. With `silent`, the server never responds. */
  outage: number | 'silent' | undefined;

  private constructor(private readonly server: Server) {}

  static async open(): Promise<TwilioServer> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (twilio.outage === 'silent') return;
        const form = new URLSearchParams(Buffer.concat(chunks).toString());
        const isKnown = request.url === PATH && request.headers.authorization === AUTHORIZATION;
        const status = isKnown ? (twilio.outage ?? twilio.accept(form)) : 401;
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ status }));
      });
    });
    const twilio = new TwilioServer(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return twilio;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Returns the code in the last message to a number. */
  codeTo(number: string): string {
    return this.messages.findLast(({ to }) => to === number)?.body.match(/\d{6}$/)?.[0] ?? 'none';
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private accept(form: URLSearchParams): number {
    const [to, from, body] = ['To', 'From', 'Body'].map((name) => form.get(name));
    if (!to || from !== TWILIO.from_number || !body) return 400;
    this.messages.push({ to, body });
    return 201;
  }
}

interface HarnessOptions {
  /** Seconds between two messages. */
  readonly cooldownS?: number;
  readonly maxPerHour?: number;
  /** Whether the setup stage of the devices was deleted. */
  readonly stageDeleted?: boolean;
  /** Address of the client. */
  readonly ip?: string;
}

/** Runs the stages of SMS with a fake Twilio on loopback and a database of devices. */
export class TwilioHarness {
  private constructor(
    readonly twilio: TwilioServer,
    readonly database: DeviceDatabase,
  ) {}

  static async open(): Promise<TwilioHarness> {
    const [twilio, database] = await Promise.all([TwilioServer.open(), createDeviceDatabase()]);
    return new TwilioHarness(twilio, database);
  }

  async close(): Promise<void> {
    await this.twilio.close();
    await this.database.close();
  }

  get numbers(): PhoneNumberIndex {
    return new PhoneNumberIndex(this.database.devices, this.database.sealer);
  }

  setUp(user: SavedUser, limits: HarnessOptions = {}) {
    const stage = new AuthenticatorSmsStage(this.database.devices, this.numbers, this.sender(limits));
    return driveStage(authenticatorSmsContract, stage, {
      config: TWILIO,
      context: { pending_user: user },
    });
  }

  validate(user: SavedUser, { stageDeleted = false, ip = '203.0.113.7', ...limits }: HarnessOptions = {}) {
    const stage = validationStage(this.database, [new SmsFactor(this.database.devices, this.sender(limits))]);
    const companion = { id: STAGE, name: 'sms', kind: 'authenticator_sms', model: 'm', config: TWILIO };
    return driveStage(authenticatorValidateContract, stage, {
      config: { device_classes: ['sms'], not_configured_action: 'deny' },
      context: { pending_user: user },
      request: {
        companions: stageDeleted ? {} : { [STAGE]: companion },
        client: { ip, user_agent: 'vitest', outpost: false, cookies: {} },
      },
    });
  }

  private sender({ cooldownS = 30, maxPerHour = 10 }: Pick<HarnessOptions, 'cooldownS' | 'maxPerHour'>): CodeSender {
    const { source, sealer } = this.database;
    const limits = smsConfig.parse({
      ...{ SMS_COOLDOWN_S: cooldownS, SMS_MAX_AN_HOUR: maxPerHour },
      ...{ SMS_TWILIO_URL: this.twilio.url, SMS_TIMEOUT_MS: 300 },
    });
    const gateway = new HttpSmsGateway(limits);
    return new CodeSender({ gateway, quota: new MessageQuotaRepository(source), sealer, limits });
  }
}
