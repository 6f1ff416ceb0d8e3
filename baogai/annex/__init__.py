"""The town as the plan and its annex (宝政〔2023〕87号，主动公开) describe it: villages, bodies, posts, holders.

`plan` is the document as data; `ground` enters it. Knows no compound: those come by import or by the example.
"""
