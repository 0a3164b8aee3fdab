// One style sheet for all elements: constructed, which no content security policy forbids.

import { unsafeCSS } from 'lit';
import text from './staff.css?inline';

export const styles = unsafeCSS(text);
