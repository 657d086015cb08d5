import { runService } from '@gatehouse/stage-kit';
import { stagesOf } from '@gatehouse/stages/modules';

await runService('consent', () => stagesOf('consent'));
