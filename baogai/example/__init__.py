"""The example town: invented people, firms and money in the twelve villages, marked 示例 and refused in production.

`town` says what there is and what happened, in the words of `plan`; the other rooms build it, through the services of
the apps wherever they exist, at past moments counted back from one given day. The same day gives the same town.
"""
