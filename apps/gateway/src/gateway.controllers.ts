import type { Type } from '@nestjs/common';
import { ApiPageController } from './http/api-page.controller.js';
import { BrandsController } from './http/brands.controller.js';
import { ConsentsController } from './http/consents.controller.js';
import { DevicePageController } from './http/device-page.controller.js';
import { DevicesController } from './http/devices.controller.js';
import { DuoEnrollmentController } from './http/duo-enrollment.controller.js';
import { ExecutorController } from './http/executor.controller.js';
import { FlowInspectorController } from './http/flow-inspector.controller.js';
import { FlowInstancesController } from './http/flow-instances.controller.js';
import { FlowPageController } from './http/flow-page.controller.js';
import { FlowRedirectsController } from './http/flows.controller.js';
import { HealthController } from './http/health.controller.js';
import { HomeController } from './http/home.controller.js';
import { InvitationsController } from './http/invitations.controller.js';
import { OauthController } from './http/oauth.controller.js';
import { OauthMetadataController } from './http/oauth-metadata.controller.js';
import { apiDocument } from './http/openapi/api-document.js';
import { SchemaController } from './http/openapi/schema.controller.js';
import { AccountPageController } from './http/own-page.controller.js';
import { PageFilesController, ProofOfWorkScriptController } from './http/page-files.controller.js';
import { RootConfigController } from './http/root-config.controller.js';
import { SessionsController } from './http/sessions.controller.js';
import { UserinfoController } from './http/userinfo.controller.js';
import { UsersController } from './http/users.controller.js';
import { SOURCE_CONTROLLERS } from './source.parts.js';

/** Everything that answers HTTP. */
export const CONTROLLERS: Type[] = [
  ExecutorController,
  FlowPageController,
  PageFilesController,
  ProofOfWorkScriptController,
  HomeController,
  AccountPageController,
  ApiPageController,
  FlowRedirectsController,
  DuoEnrollmentController,
  FlowInstancesController,
  FlowInspectorController,
  UsersController,
  ConsentsController,
  SessionsController,
  DevicesController,
  InvitationsController,
  BrandsController,
  DevicePageController,
  OauthController,
  UserinfoController,
  OauthMetadataController,
  ...SOURCE_CONTROLLERS,
  RootConfigController,
  HealthController,
  SchemaController,
];

/** The published schema of all of it. */
export const apiDocumentOf = () => apiDocument(CONTROLLERS);
