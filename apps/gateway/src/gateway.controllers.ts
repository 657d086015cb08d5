import type { Type } from '@nestjs/common';
import { AccountPageController } from './account/account-page.controller.js';
import { HomeController } from './account/home.controller.js';
import { BrandsController } from './brands/brands.controller.js';
import { ConsentsController } from './consents/consents.controller.js';
import { DevicesController } from './devices/devices.controller.js';
import { DuoEnrollmentController } from './devices/duo-enrollment.controller.js';
import { ExecutorController } from './flows/executor.controller.js';
import { FlowInstancesController } from './flows/flow-instances.controller.js';
import { FlowPageController } from './flows/flow-page.controller.js';
import { FlowRedirectsController } from './flows/flow-redirects.controller.js';
import { FlowInspectorController } from './flows/inspector/flow-inspector.controller.js';
import { apiDocument } from './http/openapi/api-document.js';
import { PageFilesController, ProofOfWorkScriptController } from './http/pages/page-files.controller.js';
import { InvitationsController } from './invitations/invitations.controller.js';
import { DevicePageController } from './oauth/device-page.controller.js';
import { OauthController } from './oauth/oauth.controller.js';
import { OauthMetadataController } from './oauth/oauth-metadata.controller.js';
import { UserinfoController } from './oauth/userinfo.controller.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SOURCE_CONTROLLERS } from './source.parts.js';
import { ApiPageController } from './system/api-page.controller.js';
import { HealthController } from './system/health.controller.js';
import { RootConfigController } from './system/root-config.controller.js';
import { SchemaController } from './system/schema.controller.js';
import { UsersController } from './users/users.controller.js';

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
