import { runService } from '@gatehouse/stage-kit';
import { stagesOf } from '@gatehouse/stages';

await runService('consent', () => stagesOf('consent'));
