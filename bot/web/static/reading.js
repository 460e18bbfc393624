// Pages to read: type as in the conversation, and a way out that leaves nothing behind.

import { leaveBy, sameTypeSize } from "./page.js";

sameTypeSize();
leaveBy(document.getElementById("leave"));
