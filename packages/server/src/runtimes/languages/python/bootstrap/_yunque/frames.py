"""The wire between the platform and an instance; runtimes/wire/frames.ts is its description.

u32 LE length of the payload | u8 kind | u32 LE number of the invocation (0: none) | payload
"""

from struct import Struct

HEADER = Struct("<IBI")

# The first argument of a process that is started before anybody needs it.
AHEAD = "ahead"

# The platform speaks.
SPECIALISE = 1
INVOKE = 2
RECALL = 3
RESTORE = 6
GIVE_CODE = 7

# The instance speaks.
BOOTED = 15
INITIALISED = 16
INIT_FAILED = 17
RESULT = 18
ERROR = 19
RETURNED = 23
LEAVING = 24
RESTORED = 25
CODE = 28
CAPACITY = 29

# Head of RESULT and ERROR: microseconds that the handler ran, its peak memory in KiB (0: not told), entries that it
# wrote to the log.
OUTCOME = Struct("<III")
MAX_U32 = 0xFFFFFFFF
