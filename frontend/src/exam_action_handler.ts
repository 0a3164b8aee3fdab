import { publish } from './exam';

publish();
