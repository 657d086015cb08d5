import { Module } from '@nestjs/common';
import { BrandsModule } from '../brands/brands.module.js';
import { FlowChangesModule } from '../flow-changes/flow-changes.module.js';
import { AuthModule } from '../http/auth/auth.module.js';
import { JourneysModule } from '../journeys/journeys.module.js';
import { PreviewsModule } from '../previews/previews.module.js';
import { FlowChangeLoader } from './flow-change.loader.js';
import { FlowChangeFormService } from './flow-change-form.service.js';
import { FlowChangePagesController } from './flow-change-pages.controller.js';
import { FlowDocumentRepository } from './flow-document.repository.js';
import { FlowListRepository } from './flow-list.repository.js';
import { FlowPageContext } from './flow-page.context.js';
import { FlowPagesController } from './flow-pages.controller.js';
import { FlowSimulationService } from './flow-simulation.service.js';
import { FlowVersionRepository } from './flow-version.repository.js';
import { RolloutPresenter } from './rollout.presenter.js';
import { ShownVersionService } from './shown-version.service.js';

/** The pages on which superusers look at flows and their versions, and change flows. */
@Module({
  imports: [AuthModule, BrandsModule, FlowChangesModule, JourneysModule, PreviewsModule],
  controllers: [FlowPagesController, FlowChangePagesController],
  providers: [
    FlowChangeLoader,
    FlowChangeFormService,
    ShownVersionService,
    FlowDocumentRepository,
    FlowSimulationService,
    FlowListRepository,
    FlowPageContext,
    FlowVersionRepository,
    RolloutPresenter,
  ],
})
export class FlowPagesModule {}
