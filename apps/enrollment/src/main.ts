import { runService } from '@gatehouse/stage-kit';
import { stagesOf } from '@gatehouse/stages/modules';

await runService('enrollment', () => stagesOf('enrollment'));
