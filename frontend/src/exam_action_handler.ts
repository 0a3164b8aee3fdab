import { publish } from './proctored_exam';

publish();
