#!/usr/bin/env python3
"""核对一次满意度测评的公开名单：重新计票，核对校验码，查找回执。只用 Python 自带的功能，不联网。

用法：python verify_survey.py 名单.csv [--hash 公告上的校验码] [--receipt 回执]
"""

import argparse
import hashlib
import re
import sys
from pathlib import Path

SATISFIED = ("很满意", "满意", "基本满意")
DISSATISFIED = ("不满意", "很不满意")
OTHERS = ("一般", "不了解")
RECEIPT = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}")


def read(content: bytes) -> tuple[str, list[list[str]]]:
    """回执与总体评价，按名单里的顺序。"""
    lines = content.decode("utf-8").split("\n")
    if not re.fullmatch(r"测评编号,[0-9a-z]{16}", lines[0]) or lines[1] != "回执,总体评价" or lines[-1] != "":
        raise ValueError("不是测评名单")
    ballots = [line.split(",") for line in lines[2:-1]]
    for number, ballot in enumerate(ballots, start=3):
        known = len(ballot) == 2 and ballot[1] in SATISFIED + DISSATISFIED + OTHERS
        if not known or not RECEIPT.fullmatch(ballot[0]):
            raise ValueError(f"第 {number} 行无法识别")
    receipts = [receipt.encode() for receipt, _ in ballots]
    if receipts != sorted(receipts):
        raise ValueError("没有按回执排序")
    if len(set(receipts)) != len(receipts):
        raise ValueError("有重复的回执")
    return lines[0].partition(",")[2], ballots


def rate(part: int, whole: int) -> str:
    """百分数，两位小数，四舍五入；用整数计算。"""
    if not whole:
        return "没有结果"
    hundredths = (20000 * part + whole) // (2 * whole)
    return f"{hundredths // 100}.{hundredths % 100:02}%"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--hash", default="")
    parser.add_argument("--receipt", default="")
    asked = parser.parse_args()
    content = asked.file.read_bytes()
    try:
        survey, ballots = read(content)
    except ValueError as wrong:
        print(f"不相符：{wrong}")
        return 1
    counts = {label: sum(answer == label for _, answer in ballots) for label in SATISFIED + DISSATISFIED + OTHERS}
    valid = len(ballots) - counts["不了解"]
    satisfied, dissatisfied = (sum(counts[label] for label in side) for side in (SATISFIED, DISSATISFIED))
    print(f"测评编号 {survey}，共 {len(ballots)} 票：" + "，".join(f"{label} {n}" for label, n in counts.items() if n))
    sides = (("满意", satisfied), ("不满意", dissatisfied))
    print(f"有效票 {valid}，" + "，".join(f"{label} {n}（{rate(n, valid)}）" for label, n in sides))
    digest = hashlib.sha256(content).hexdigest()
    print(f"校验码 {digest}")
    failed = False
    if asked.hash:
        failed = digest != asked.hash.strip().lower()
        print("校验码与公告不符！" if failed else "校验码与公告相符。")
    if asked.receipt:
        found = [answer for receipt, answer in ballots if receipt == asked.receipt.strip().upper()]
        failed |= len(found) != 1
        print(f"回执在名单里：{found[0]}。" if len(found) == 1 else "名单里没有这个回执！")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
