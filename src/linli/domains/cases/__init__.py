"""Cases: one problem at one place, handled once, with one number (一案一码). Regulation, arts. 12 and 22.

Three layers. A *report* is what one reporter said through one channel; many reports may belong to one
case. A *case* is the problem. A *task* is one unit's share in it: one lead, any number of assists. The
case is the record that moves; reports, tasks, requests and supervisions are its parts and change only
with it, so its journal tells everything.

State says where a case is, result says how it ended; they are never one field.
"""
