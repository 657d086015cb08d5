import { blueprintMigrations } from '@gatehouse/blueprints';
import { Plans1764028860000 } from './1764028860000-plans.js';
import { ResumeTokens1764115260000 } from './1764115260000-resume-tokens.js';
import { PlansBegun1764115320000 } from './1764115320000-plans-begun.js';
import { Courier1764374400000 } from './1764374400000-courier.js';
import { SourceLogins1764460800000 } from './1764460800000-source-logins.js';
import { CleanupTimes1764892860000 } from './1764892860000-cleanup-times.js';
import { OrderedEvents1764979260000 } from './1764979260000-ordered-events.js';
import { PlanProgress1764979320000 } from './1764979320000-plan-progress.js';
import { KeptEvents1764979380000 } from './1764979380000-kept-events.js';
import { WebhookDeliveries1765238520000 } from './1765238520000-webhook-deliveries.js';
import { ForwardAuth1765238580000 } from './1765238580000-forward-auth.js';
import { Journeys1765411260000 } from './1765411260000-journeys.js';
import { Rollouts1765411440000 } from './1765411440000-rollouts.js';
import { LoginPlaces1765584001000 } from './1765584001000-login-places.js';
import { TrimOldPasswords1765584003100 } from './1765584003100-trim-old-passwords.js';
import { ReceivedSignals1766191260000 } from './1766191260000-received-signals.js';
import { DeviceBoundSessions1766191320000 } from './1766191320000-device-bound-sessions.js';
import { SignedInApplications1766795820000 } from './1766795820000-signed-in-applications.js';
import { LoginSets1766795940000 } from './1766795940000-login-sets.js';
import { PartitionsOfComingDays1766796060000 } from './1766796060000-partitions-of-coming-days.js';

/** Migrations of the schema `flow`, in order. */
export const executorMigrations = [
  ...blueprintMigrations,
  Plans1764028860000,
  ResumeTokens1764115260000,
  PlansBegun1764115320000,
  Courier1764374400000,
  SourceLogins1764460800000,
  CleanupTimes1764892860000,
  OrderedEvents1764979260000,
  PlanProgress1764979320000,
  KeptEvents1764979380000,
  WebhookDeliveries1765238520000,
  ForwardAuth1765238580000,
  Journeys1765411260000,
  Rollouts1765411440000,
  LoginPlaces1765584001000,
  TrimOldPasswords1765584003100,
  ReceivedSignals1766191260000,
  DeviceBoundSessions1766191320000,
  SignedInApplications1766795820000,
  LoginSets1766795940000,
  PartitionsOfComingDays1766796060000,
];
