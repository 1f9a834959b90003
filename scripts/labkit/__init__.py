"""labkit - from a manifest to a sealed audit. Each stage hands the next a file or a frozen dataclass.

manifest -> host -> fixture -> build -> process -> interleave -> evidence -> stats -> decide -> analysis -> render -> seal
"""

VERSION = "0.1.0"
