"""What each address that takes something is called in the action trail.

A service names its own act when it succeeds; this is the name under which a refusal stands, and what is written where
no service names anything. `tests/test_trail.py` holds every address that takes something to a name here.
"""

#: Address -> act (何事).
ACTS = {
    "login": "登录",
    "logout": "退出",
    "password": "修改密码",
    "care_mode": "切换关怀版",
    "notices:read_all": "消息全部标为已读",
    "my_consent": "同意或撤回公示",
    "ask_correction": "申请更正个人信息",
    "ask_deletion": "申请删除个人信息",
    "data_request": "答复个人信息申请",
    "reveal_phone": "查看完整号码",
    "phone_exports": "申请导出完整号码",
    "phone_export": "决定导出完整号码",
    "communities:roster": "上传业主名册",
    "communities:roster_columns": "核对名册栏目",
    "communities:roster_header": "改名册表头行",
    "communities:roster_confirm": "确认导入名册",
    "communities:roster_drop": "放弃名册导入",
    "communities:appoint": "任命",
    "communities:end_appointment": "离任",
    "communities:suspend": "暂停履职",
    "communities:reinstate": "恢复履职",
    "communities:new_account": "开设账号",
    "communities:renew_password": "重设密码",
    "communities:new_firm": "登记物业企业",
    "communities:new_contract": "登记物业合同",
    "communities:hand_over": "物业交接",
    "committees:new_term": "登记业委会任期",
    "committees:new_seat": "任命",
    "committees:leave": "离任",
    "supervision:urge": "督促",
    "supervision:urge_chosen": "督促",
    "supervision:decline_urging": "不予督促",
    "supervision:perform": "完成义务事项",
    "supervision:enter_policy": "录入政策文件",
    "supervision:confirm_policy": "确认政策文件",
    "supervision:withdraw_policy": "撤回未确认的政策文件",
    "supervision:pilot": "进入试点",
    "supervision:leave_pilot": "退出试点",
    "finance:open_account": "建账",
    "finance:close_account": "销户",
    "finance:enter": "记一笔",
    "finance:reverse": "冲正",
    "finance:correct": "更正流水",
    "finance:add_vouchers": "上传凭证",
    "finance:voucher_publicity": "凭证公开与否",
    "finance:upload_statement": "上传对账单",
    "finance:nil_statement": "登记无收支对账单",
    "finance:statement_upload": "核对对账单栏目",
    "finance:confirm_statement": "导入对账单",
    "finance:withdraw_statement": "撤回对账单",
    "finance:lines": "对账单入账",
    "finance:line": "对账单入账",
    "finance:draft_start": "开始编制公示",
    "finance:draft_correct": "开始编制公示",
    "finance:draft_edit": "修改公示说明",
    "finance:draft_list_line": "列明未达账项",
    "finance:draft_list_sum": "列明未达账项",
    "finance:draft_unlist": "去掉未达账项",
    "finance:draft_discard": "放弃公示底稿",
    "finance:draft_submit": "提交公示审核",
    "finance:draft_review": "审核公示",
    "finance:draft_return": "退回公示底稿",
    "finance:draft_publish": "发布公示",
    "finance:draft_countersign": "会签公示",
    "finance:posting": "上传张贴凭证",
}
#: Pages that first show what will be done and ask to confirm: sending to them need not be an act.
ASKING = frozenset({"supervision:urge_chosen"})
OPENING = "打开页面"
ADMINISTERING = "数据管理"


def act_of(address: str) -> str:
    """The act behind an address's name; of the administration's many pages one name for all."""
    if address.startswith("admin:"):
        return ADMINISTERING
    return ACTS.get(address, f"办理 {address}"[:60])
