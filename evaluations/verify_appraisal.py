#!/usr/bin/env python3
"""核对一份物业考评：由计分依据重新算分，核对校验码。只用 Python 自带的功能，不联网。

用法：python verify_appraisal.py appraisal-编号.json [--hash 公布的校验码]
"""

import argparse
import hashlib
import json
import sys
from fractions import Fraction
from pathlib import Path

SHARES = ("survey", "on_time", "handled", "satisfied", "repeated")
GRADES = (("excellent", "优秀", 90), ("good", "良好", 80), ("passed", "合格", 60), ("failed", "不合格", 0))
LEAST_COUNTED = 50


def item_score(item: dict, parts: list[dict], marks: dict[str, Fraction]) -> Fraction | None:
    """一项的得分：人工打分优先；比例项按件数；检查项按扣分；没有依据的不计。"""
    points = Fraction(item["points"])
    if item["code"] in marks:
        return marks[item["code"]]
    if item["source"] in SHARES:
        good, of = sum(part["good"] for part in parts), sum(part["of"] for part in parts)
        return points * good / of if of else None
    if item["source"] == "inspection" and parts:
        return max(Fraction(0), points - sum(Fraction(part["minus"]) for part in parts))
    return None


def half_up(exact: Fraction) -> str:
    """四舍五入到两位小数，只在总分处进行。"""
    hundredths = (200 * exact + 1) // 2
    return f"{hundredths // 100}.{hundredths % 100:02}"


def recalculate(inputs: dict) -> tuple[str, str, list[str]]:
    """总分、等次和逐项的说明。"""
    marks = {one["code"]: Fraction(one["points"]) for one in inputs["marks"] if one["kind"] == "item"}
    got, counted, lines = Fraction(0), Fraction(0), []
    for item in inputs["method"]["items"]:
        score = item_score(item, inputs["facts"].get(item["code"], []), marks)
        if score is not None:
            got, counted = got + score, counted + Fraction(item["points"])
        shown = "不计" if score is None else half_up(score)
        lines.append(f"{item['code']:>4} {item['label']}：{shown} / {item['points']}")
    if counted < LEAST_COUNTED:
        raise ValueError("有依据的项目太少，不能得出总分")
    most = Fraction(inputs["method"]["adjustment"])
    added = sum((Fraction(one["points"]) for one in inputs["marks"] if one["kind"] == "adjustment"), Fraction(0))
    total = got * 100 / counted + max(-most, min(most, added))
    score_text = half_up(max(Fraction(0), min(Fraction(100), total)))
    vetoed = any(one["kind"] == "veto" for one in inputs["marks"])
    grade = "failed" if vetoed else next(name for name, _, least in GRADES if Fraction(score_text) >= least)
    return score_text, grade, lines


def main() -> int:
    parser = argparse.ArgumentParser(description="由计分依据重新计算一份物业考评。")
    parser.add_argument("file", type=Path)
    parser.add_argument("--hash", default="", help="公布的校验码")
    asked = parser.parse_args()
    try:
        told = json.loads(asked.file.read_text(encoding="utf-8"))
        score, grade, lines = recalculate(told["inputs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"不能核对：{error}")
        return 2
    body = {"inputs": told["inputs"], "score": score, "grade": grade}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    found = hashlib.sha256(text.encode()).hexdigest()
    published = asked.hash or told["hash"]
    print("\n".join(lines))
    print(f"重新计算：{score} 分，{next(label for name, label, _ in GRADES if name == grade)}")
    print(f"校验码：{found}")
    same = (score, grade, found) == (told["score"], told["grade"], published)
    print("与公布的相符。" if same else "与公布的不符！")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
